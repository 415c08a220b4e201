/* SPDX-License-Identifier: Apache-2.0 */
/** @file commands.h  Room: cmd. Every command's row; each stands in the file of its name. */
#ifndef JUMIN_CMD_COMMANDS_H
#define JUMIN_CMD_COMMANDS_H

#include "cmd/cli/cmd.h"

extern const struct jm_command jm_command_demo, jm_command_doctor, jm_command_init,
    jm_command_inspect, jm_command_rp_register, jm_command_rp_suspend, jm_command_serve,
    jm_command_staff_keygen, jm_command_provider_admit, jm_command_provider_suspend,
    jm_command_trust_import, jm_command_trust_renew, jm_command_trust_show,
    jm_command_verifier_enroll, jm_command_wallet_delete, jm_command_wallet_list,
    jm_command_wallet_receive, jm_command_wallet_refresh, jm_command_wallet_report_lost,
    jm_command_wallet_respond, jm_command_wallet_show;
extern const struct jm_command jm_command_audit_verify, jm_command_audit_who_saw, jm_command_backup,
    jm_command_restore;
extern const struct jm_command jm_command_describe, jm_command_inspect_transcript;
extern const struct jm_command jm_command_staff_add, jm_command_staff_remove;
extern const struct jm_command jm_command_desk_cancel, jm_command_desk_code, jm_command_desk_find,
    jm_command_desk_open, jm_command_desk_plastic_lost, jm_command_desk_resume,
    jm_command_desk_show, jm_command_desk_suspend, jm_command_lost, jm_command_register_event,
    jm_command_register_find, jm_command_register_generate;
extern const struct jm_command jm_command_verifier_key_add, jm_command_verifier_key_remove,
    jm_command_verifier_request, jm_command_verifier_result;

#endif
