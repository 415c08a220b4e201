/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of commands: parser, help and man pages read it. */
#include "cmd/commands.h"

const struct jm_command *const jm_commands[] = {
    &jm_command_desk_cancel,
    &jm_command_desk_code,
    &jm_command_desk_open,
    &jm_command_desk_plastic_lost,
    &jm_command_desk_resume,
    &jm_command_desk_show,
    &jm_command_desk_suspend,
    &jm_command_doctor,
    &jm_command_init,
    &jm_command_inspect,
    &jm_command_lost,
    &jm_command_register_find,
    &jm_command_register_generate,
    &jm_command_rp_register,
    &jm_command_serve,
    &jm_command_staff_add,
    &jm_command_staff_keygen,
    &jm_command_staff_remove,
    &jm_command_trust_import,
    &jm_command_trust_show,
    &jm_command_verifier_enroll,
    &jm_command_wallet_list,
    &jm_command_wallet_receive,
    &jm_command_wallet_refresh,
    &jm_command_wallet_respond,
    &jm_command_wallet_show,
    NULL,
};
