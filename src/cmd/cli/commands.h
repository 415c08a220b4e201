/* SPDX-License-Identifier: Apache-2.0 */
/** @file commands.h  Room: cmd. Every command's row, in the order of the help; each stands in a
 * file of its room. */
#ifndef JUMIN_CMD_COMMANDS_H
#define JUMIN_CMD_COMMANDS_H

#include "cmd/cli/cmd.h"

/* clang-format off */
#define JM_COMMANDS(X)                                                                         \
    X(audit_verify) X(backup) X(card_info) X(card_make) X(card_pin) X(card_produce)            \
    X(card_bridge)                                                                             \
    X(card_run) X(restore) X(audit_who_saw) X(demo) X(desk_applications) X(desk_cancel)        \
    X(desk_decide) X(desk_code) X(desk_cases) X(desk_chip_pin) X(desk_fee) X(desk_find)        \
    X(desk_hand_over) X(desk_open) X(desk_order) X(desk_order_cancel) X(desk_orders)           \
    X(desk_photo) X(desk_photo_ask) X(desk_photo_asks) X(desk_refuse) X(desk_till)             \
    X(desk_void) X(desk_plastic_lost) X(desk_resume) X(desk_show) X(desk_suspend)              \
    X(desk_takeover) X(describe) X(doctor) X(init) X(inspect) X(inspect_transcript)            \
    X(ledger_show) X(ledger_state) X(ledger_tx_new) X(ledger_tx_show) X(ledger_tx_sign)        \
    X(ledger_tx_submit) X(ledger_verify) X(lost)                                               \
    X(offer) X(provider_admit) X(provider_suspend) X(provider_withdraw) X(register_event)      \
    X(register_find) X(register_generate) X(register_login) X(rp_register) X(rp_suspend)       \
    X(serve) X(staff_add) X(staff_enrol) X(staff_keygen) X(staff_remove) X(trust_bundle)       \
    X(trust_import) X(trust_refresh)                                                           \
    X(trust_renew) X(trust_show) X(verifier_enroll) X(verifier_key_add)                        \
    X(verifier_key_remove) X(verifier_request) X(verifier_result) X(wallet_delete)             \
    X(wallet_list) X(wallet_order) X(wallet_order_cancel) X(wallet_orders) X(wallet_receive)   \
    X(wallet_refresh) X(wallet_renew) X(wallet_report_lost) X(wallet_respond) X(wallet_show)   \
    X(wallet_takeover) X(wallet_tap) X(witness_init) X(witness_show) X(ledger_keygen)
/* clang-format on */

#define JM_COMMAND_ROW_(name) extern const struct jm_command jm_command_##name;
JM_COMMANDS(JM_COMMAND_ROW_)
#undef JM_COMMAND_ROW_

#endif
