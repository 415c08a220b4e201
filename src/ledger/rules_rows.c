/* SPDX-License-Identifier: Apache-2.0 */
/* The table of spec/ledger.md 4. Beyond it: schema 8, the rules that jumin/schema.h reads, and
 * wallet 8, keys_unbound of jumin/trust.h. */
#include "ledger/rules.h"

#define UINT(min, max) {.kind = JM_SHAPE_UINT, .lo = (min), .hi = (max)}
#define TEXT(max) {.kind = JM_SHAPE_TEXT, .hi = (max)}
#define ASCII(max) {.kind = JM_SHAPE_ASCII, .lo = 1, .hi = (max)}
#define BYTES(min, max) {.kind = JM_SHAPE_BYTES, .lo = (min), .hi = (max)}
#define I18N(max) {.kind = JM_SHAPE_I18N, .hi = (max)}
#define LIST(min, max, item) {.kind = JM_SHAPE_LIST, .lo = (min), .hi = (max), .of = (item)}
#define TUPLE(items) {.kind = JM_SHAPE_TUPLE, .hi = JM_ARRAY_LEN(items), .of = (items)}

static const struct jm_shape any_uint = UINT(0, JM_LEDGER_UINT_MAX),
                             number = UINT(1, JM_LEDGER_UINT_MAX), flag = {.kind = JM_SHAPE_BOOL},
                             id = {.kind = JM_SHAPE_ID}, uri = {.kind = JM_SHAPE_URI, .hi = 300},
                             country = {.kind = JM_SHAPE_COUNTRY}, hash = BYTES(32, 32),
                             name = I18N(80), ski = BYTES(20, 32), type_name = ASCII(200),
                             text40 = ASCII(40), one = UINT(1, 1);

static const struct jm_shape key_entry_of[] = {{.kind = JM_SHAPE_POINT},
                                               UINT(1, 255),
                                               UINT(0, JM_LEDGER_UINT_MAX),
                                               UINT(0, JM_LEDGER_UINT_MAX)};
static const struct jm_shape key_entry = TUPLE(key_entry_of), keys = LIST(1, 32, &key_entry);
static const struct jm_shape fmt_type_of[] = {UINT(1, 2), ASCII(200)};
static const struct jm_shape fmt_type = TUPLE(fmt_type_of), fmt_types = LIST(1, 16, &fmt_type);
static const struct jm_shape step = TEXT(64), path = LIST(1, 6, &step);
static const struct jm_shape no_paths = LIST(0, 64, &path);
static const struct jm_shape asked_of[] = {UINT(1, 2), ASCII(200), LIST(1, 64, &path)};
static const struct jm_shape asked = TUPLE(asked_of), askeds = LIST(1, 16, &asked);
static const struct jm_shape rule_of[] = {LIST(1, 6, &step), UINT(1, 63), UINT(0, 255)};
static const struct jm_shape rule = TUPLE(rule_of), rules = LIST(0, 256, &rule);
static const struct jm_shape identifier_of[] = {UINT(1, 9), ASCII(40)};
static const struct jm_shape identifier = TUPLE(identifier_of),
                             identifiers = LIST(1, 4, &identifier);
static const struct jm_shape platform_of[] = {ASCII(16), ASCII(16)};
static const struct jm_shape platform = TUPLE(platform_of), platforms = LIST(0, 16, &platform);
static const struct jm_shape role = UINT(1, 7), roles = LIST(1, 7, &role), uris = LIST(1, 8, &uri);
static const struct jm_shape types = LIST(1, 16, &type_name), ids = LIST(1, 16, &id),
                             profile = ASCII(64);
static const struct jm_shape profiles = LIST(1, 16, &profile), entitlements = LIST(1, 16, &uri);

static const struct jm_shape origin = ASCII(100), max_tx = UINT(1024, JM_LTX_MAX),
                             max_block = UINT(1, JM_BLOCK_TXS_MAX), window = UINT(3600, 2592000),
                             skew = UINT(60, 86400), threshold = UINT(1, 32);
static const struct jm_field params_f[] = {{1, false, &origin},
                                           {2, false, &max_tx},
                                           {3, false, &max_block},
                                           {4, false, &window},
                                           {5, false, &skew}};
static const struct jm_field actor_f[] = {{1, false, &id},   {2, false, &number},
                                          {3, false, &name}, {4, false, &roles},
                                          {5, false, &keys}, {6, false, &threshold}};
static const struct jm_field rotate_f[] = {{1, false, &id}, {2, false, &number}, {5, false, &keys}};
static const struct jm_shape key_type = UINT(1, 4), node_key = BYTES(32, 1952),
                             power = UINT(1, 1000), vkey = ASCII(2048);
static const struct jm_field node_f[] = {{1, false, &id},       {2, false, &number},
                                         {3, false, &id},       {4, false, &key_type},
                                         {5, false, &node_key}, {6, false, &power},
                                         {7, false, &vkey},     {8, false, &vkey},
                                         {9, false, &uri}};
static const struct jm_shape policy_text = BYTES(1, 8192);
static const struct jm_field policy_f[] = {{1, false, &number}, {2, false, &policy_text}};
static const struct jm_field issuer_f[] = {{1, false, &id},        {2, false, &number},
                                           {3, false, &name},      {4, false, &country},
                                           {5, false, &flag},      {6, false, &id},
                                           {7, false, &fmt_types}, {8, true, &uri},
                                           {9, true, &uris}};
static const struct jm_shape purpose = UINT(1, 7),
                             der = {.kind = JM_SHAPE_DER, .lo = 64, .hi = 4096};
static const struct jm_field cert_f[] = {{1, false, &purpose},  {2, false, &number},
                                         {3, false, &id},       {4, false, &der},
                                         {5, true, &types},     {6, false, &any_uint},
                                         {7, false, &any_uint}, {8, false, &ski},
                                         {9, true, &profiles}};
static const struct jm_shape fmt = UINT(1, 2);
static const struct jm_field schema_f[] = {{1, false, &type_name}, {2, false, &number},
                                           {3, false, &number},    {4, false, &fmt},
                                           {5, false, &hash},      {6, false, &uri},
                                           {7, false, &no_paths},  {8, true, &rules}};
static const struct jm_field rpcert_f[] = {{1, false, &hash},
                                           {2, false, &number},
                                           {3, false, &id},
                                           {4, false, &ski},
                                           {5, false, &any_uint}};
static const struct jm_shape sector = UINT(0, 999);
static const struct jm_field rp_f[] = {{1, false, &id},          {2, false, &number},
                                       {3, false, &name},        {4, true, &name},
                                       {5, false, &identifiers}, {6, false, &flag},
                                       {7, false, &country},     {8, true, &uri},
                                       {9, false, &sector},      {10, false, &id},
                                       {11, true, &ids},         {12, true, &hash},
                                       {13, true, &entitlements}};
static const struct jm_shape purpose_text = I18N(300), basis = TEXT(80), channels = UINT(1, 7);
static const struct jm_field use_f[] = {{1, false, &id},       {2, false, &number},
                                        {3, false, &id},       {4, false, &purpose_text},
                                        {5, false, &uri},      {6, false, &basis},
                                        {7, false, &any_uint}, {8, false, &askeds},
                                        {9, false, &any_uint}, {10, false, &any_uint},
                                        {11, false, &channels}};
static const struct jm_field wallet_f[] = {{1, false, &id},        {2, false, &number},
                                           {3, false, &name},      {4, false, &id},
                                           {6, false, &platforms}, {7, true, &uri},
                                           {8, true, &flag}};
static const struct jm_shape kind = UINT(1, 3), reason = UINT(0, 255), to_state = UINT(1, 3),
                             ended = UINT(3, 3);
static const struct jm_field flag_f[] = {{1, false, &kind},
                                         {2, false, &number},
                                         {3, false, &id},
                                         {4, false, &reason},
                                         {5, false, &any_uint}};
static const struct jm_field flag_state_f[] = {{1, false, &kind},
                                               {2, false, &number},
                                               {3, false, &ended},
                                               {4, false, &reason},
                                               {5, false, &id}};
static const struct jm_field crl_f[] = {{1, false, &hash},     {2, false, &any_uint},
                                        {3, false, &hash},     {4, false, &uri},
                                        {5, false, &any_uint}, {6, false, &any_uint}};
static const struct jm_shape did = ASCII(300), version_id = ASCII(120), owner_kind = UINT(1, 2);
static const struct jm_field did_f[] = {{1, false, &did},
                                        {2, false, &number},
                                        {3, false, &version_id},
                                        {4, false, &owner_kind},
                                        {5, false, &id}};
static const struct jm_shape attributes = UINT(5, 64);
static const struct jm_field circuit_f[] = {{1, false, &hash},       {2, false, &number},
                                            {3, false, &text40},     {4, false, &number},
                                            {5, false, &attributes}, {6, false, &any_uint}};
static const struct jm_shape tokens = UINT(1, 3), bits = UINT(1, 2), log2_entries = UINT(10, 24),
                             prefix_uri = {.kind = JM_SHAPE_URI, .hi = 300},
                             max_shards = UINT(1, 4096), ttl = UINT(60, 86400),
                             expires = UINT(3600, 604800);
static const struct jm_field list_f[] = {{1, false, &id},           {2, false, &number},
                                         {3, false, &id},           {4, false, &id},
                                         {5, false, &tokens},       {6, false, &bits},
                                         {7, false, &log2_entries}, {8, false, &prefix_uri},
                                         {9, false, &max_shards},   {10, false, &ttl},
                                         {11, false, &expires}};
static const struct jm_field epoch_f[] = {{1, false, &id},       {2, false, &number},
                                          {3, false, &any_uint}, {4, false, &any_uint},
                                          {5, false, &any_uint}, {6, false, &hash},
                                          {7, false, &hash},     {8, true, &hash},
                                          {9, true, &any_uint}};
static const struct jm_field state_f[] = {{1, false, &id},
                                          {2, false, &number},
                                          {3, false, &to_state},
                                          {4, false, &reason}};
static const struct jm_field hash_state_f[] = {{1, false, &hash},
                                               {2, false, &number},
                                               {3, false, &to_state},
                                               {4, false, &reason}};
static const struct jm_field schema_state_f[] = {{1, false, &type_name},
                                                 {2, false, &number},
                                                 {3, false, &to_state},
                                                 {4, false, &reason},
                                                 {5, false, &number}};
static const struct jm_field use_state_f[] = {{1, false, &id},
                                              {2, false, &number},
                                              {3, false, &to_state},
                                              {4, false, &reason},
                                              {5, false, &id}};

#define MAP(fields) {.kind = JM_SHAPE_MAP, .hi = JM_ARRAY_LEN(fields), .field = (fields)}

static const struct jm_shape chain = ASCII(50), actor_map = MAP(actor_f), node_map = MAP(node_f),
                             params_map = MAP(params_f);
static const struct jm_shape actors = LIST(1, 1024, &actor_map), nodes = LIST(0, 1024, &node_map);
static const struct jm_field genesis_f[] = {{1, false, &one},         {2, false, &chain},
                                            {3, false, &any_uint},    {4, false, &params_map},
                                            {5, false, &actors},      {6, false, &nodes},
                                            {7, false, &policy_text}, {8, false, &number}};
const struct jm_shape jm_genesis_shape = MAP(genesis_f);

#define BY_ID(n)           \
    {                      \
        {                  \
            JM_KEY_TEXT, n \
        }                  \
    }
#define BY_HEX(n)         \
    {                     \
        {                 \
            JM_KEY_HEX, n \
        }                 \
    }
#define BY_HASH(n)         \
    {                      \
        {                  \
            JM_KEY_HASH, n \
        }                  \
    }

static const struct jm_ltx_row rows[] = {
    {JM_LTX_GOV_PARAMS, .prefix = "param", .body = MAP(params_f), .authority = jm_auth_governance,
     .rev = JM_REV_SILENT, .fixed = {1}},
    {JM_LTX_ACTOR_PUT, .prefix = "actor/", .part = BY_ID(1), .body = MAP(actor_f),
     .cross = jm_cross_actor, .authority = jm_auth_governance, .rev_field = 2},
    {JM_LTX_ACTOR_STATE, .is_state = true, .prefix = "actor/", .part = BY_ID(1),
     .body = MAP(state_f), .authority = jm_auth_actor_state},
    {JM_LTX_ACTOR_ROTATE, .prefix = "actor/", .part = BY_ID(1), .body = MAP(rotate_f),
     .cross = jm_cross_rotate, .authority = jm_auth_own, .rev_field = 2},
    {JM_LTX_NODE_PUT, .prefix = "node/", .part = BY_ID(1), .body = MAP(node_f),
     .cross = jm_cross_node, .authority = jm_auth_node, .refers = jm_refs_node, .rev_field = 2,
     .fixed = {5}, .last = jm_last_node},
    {JM_LTX_NODE_STATE, .is_state = true, .prefix = "node/", .part = BY_ID(1), .body = MAP(state_f),
     .authority = jm_auth_governance, .last = jm_last_node_state},
    {JM_LTX_POLICY_PUT, .prefix = "policy", .body = MAP(policy_f), .authority = jm_auth_governance,
     .rev_field = 1},
    {JM_LTX_ISSUER_PUT, .prefix = "issuer/", .part = BY_ID(1), .body = MAP(issuer_f),
     .authority = jm_auth_two_registrars, .refers = jm_refs_issuer, .rev_field = 2},
    {JM_LTX_ISSUER_STATE, .is_state = true, .prefix = "issuer/", .part = BY_ID(1),
     .body = MAP(state_f), .authority = jm_auth_registrar_state},
    {JM_LTX_CERT_PUT, .prefix = "cert/", .part = BY_HASH(4), .body = MAP(cert_f),
     .cross = jm_cross_cert, .authority = jm_auth_two_registrars, .refers = jm_refs_cert,
     .rev_field = 2},
    {JM_LTX_CERT_STATE, .is_state = true, .prefix = "cert/", .part = BY_HEX(1),
     .body = MAP(hash_state_f), .authority = jm_auth_registrar_state},
    {JM_LTX_SCHEMA_PUT, .prefix = "schema/", .part = {{JM_KEY_HASH, 1}, {JM_KEY_UINT, 3}},
     .body = MAP(schema_f), .authority = jm_auth_two_registrars, .rev_field = 2, .fixed = {5}},
    {JM_LTX_SCHEMA_STATE, .is_state = true, .prefix = "schema/",
     .part = {{JM_KEY_HASH, 1}, {JM_KEY_UINT, 5}}, .body = MAP(schema_state_f),
     .authority = jm_auth_registrar_state},
    {JM_LTX_RPCERT_PUT, .prefix = "rpcert/", .part = BY_HEX(1), .body = MAP(rpcert_f),
     .authority = jm_auth_rp, .refers = jm_refs_rpcert, .rev_field = 2},
    {JM_LTX_RPCERT_STATE, .is_state = true, .prefix = "rpcert/", .part = BY_HEX(1),
     .body = MAP(hash_state_f), .authority = jm_auth_rp_state},
    {JM_LTX_RP_PUT, .prefix = "rp/", .part = BY_ID(1), .body = MAP(rp_f), .authority = jm_auth_rp,
     .refers = jm_refs_rp, .rev_field = 2},
    {JM_LTX_RP_STATE, .is_state = true, .prefix = "rp/", .part = BY_ID(1), .body = MAP(state_f),
     .authority = jm_auth_rp_state},
    {JM_LTX_USE_PUT, .prefix = "use/", .part = {{JM_KEY_TEXT, 1}, {JM_KEY_TEXT, 3}},
     .body = MAP(use_f), .cross = jm_cross_use, .authority = jm_auth_use, .refers = jm_refs_use,
     .rev_field = 2},
    {JM_LTX_USE_STATE, .is_state = true, .prefix = "use/",
     .part = {{JM_KEY_TEXT, 1}, {JM_KEY_TEXT, 5}}, .body = MAP(use_state_f),
     .authority = jm_auth_rp_state},
    {JM_LTX_WALLET_PUT, .prefix = "wallet/", .part = BY_ID(1), .body = MAP(wallet_f),
     .authority = jm_auth_two_registrars, .refers = jm_refs_wallet, .rev_field = 2},
    {JM_LTX_WALLET_STATE, .is_state = true, .prefix = "wallet/", .part = BY_ID(1),
     .body = MAP(state_f), .authority = jm_auth_registrar_state},
    {JM_LTX_FLAG_PUT, .prefix = "flag/", .part = {{JM_KEY_UINT, 1}, {JM_KEY_TEXT, 3}},
     .body = MAP(flag_f), .authority = jm_auth_flag, .refers = jm_refs_flag, .rev_field = 2},
    {JM_LTX_FLAG_STATE, .is_state = true, .prefix = "flag/",
     .part = {{JM_KEY_UINT, 1}, {JM_KEY_TEXT, 5}}, .body = MAP(flag_state_f),
     .authority = jm_auth_flag_end},
    {JM_LTX_CRL_PUT, .prefix = "crl/", .part = BY_HEX(1), .body = MAP(crl_f), .cross = jm_cross_crl,
     .authority = jm_auth_crl, .rev = JM_REV_HIGHER, .rev_field = 2},
    {JM_LTX_DID_LOG, .prefix = "did/", .part = BY_HASH(1), .body = MAP(did_f),
     .cross = jm_cross_did, .authority = jm_auth_did, .rev_field = 2, .fixed = {4, 5}},
    {JM_LTX_CIRCUIT_PUT, .prefix = "circuit/", .part = BY_HEX(1), .body = MAP(circuit_f),
     .authority = jm_auth_two_registrars, .rev_field = 2},
    {JM_LTX_CIRCUIT_STATE, .is_state = true, .prefix = "circuit/", .part = BY_HEX(1),
     .body = MAP(hash_state_f), .authority = jm_auth_registrar_state},
    {JM_LTX_LIST_PUT, .prefix = "list/", .part = BY_ID(1), .body = MAP(list_f),
     .authority = jm_auth_list, .refers = jm_refs_list, .rev_field = 2, .fixed = {3, 4, 6, 7}},
    {JM_LTX_LIST_STATE, .is_state = true, .prefix = "list/", .part = BY_ID(1), .body = MAP(state_f),
     .authority = jm_auth_registrar_state},
    {JM_LTX_STATUS_EPOCH, .prefix = "epoch/", .part = BY_ID(1), .body = MAP(epoch_f),
     .cross = jm_cross_epoch, .authority = jm_auth_epoch, .rev = JM_REV_EPOCH, .rev_field = 2,
     .last = jm_last_epoch},
};

const struct jm_ltx_row *jm_ltx_row(uint64_t type)
{
    for (size_t i = 0; i < JM_ARRAY_LEN(rows); i++)
        if ((uint64_t)rows[i].type == type)
            return &rows[i];
    return NULL;
}
