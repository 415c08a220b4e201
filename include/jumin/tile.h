/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tile.h  Room: ledger. The log as files: names of tiles, where a node is in them, bundles of
 * entries.
 *
 * A tile has up to 256 hashes of 32 octets: level 0 those of leaves, level l + 1 the roots of full
 * tiles of level l. A bundle has the entries of a tile of level 0, each behind its length. Tiles
 * never change; a partial one is another file than the full one.
 *
 * Spec: C2SP tlog-tiles; spec/ledger.md 1
 */
#ifndef JUMIN_TILE_H
#define JUMIN_TILE_H

#include "jumin/merkle.h"

#define JM_TILE_WIDTH 256
#define JM_TILE_LEVEL_MAX 7 /* a log of 2^63 leaves has no other */
#define JM_TILE_PATH_MAX 64 /* octets of a name */
#define JM_ENTRY_MAX 65535  /* octets of an entry */

struct jm_tile {
    bool entries; /* a bundle; level is 0 then */
    uint8_t level;
    uint16_t width; /* 1 … 255: partial, 256: full */
    uint64_t n;     /* the tile's place in its level */
};

/** Appends `tile/<L>/<N>`, `tile/entries/<N>`, of a partial one `.p/<W>` behind it. @retval JM_OK |
 * JM_E_RANGE no such tile | JM_E_NO_SPACE */
JM_MUST_CHECK enum jm_status jm_tile_path(struct jm_buf *out, const struct jm_tile *t);
/** Takes exactly what jm_tile_path() makes. @retval JM_OK | JM_E_MALFORMED; @p out is zero then */
JM_MUST_CHECK enum jm_status jm_tile_parse(struct jm_tile *out, struct jm_bytes path);
/** How many hashes the tile @p n of @p level has in a log of @p size; 0: there is none. */
unsigned jm_tile_width(unsigned level, uint64_t n, uint64_t size);

/** A node as the root of @p count hashes of one tile from @p first on. */
struct jm_tile_place {
    uint8_t level;
    uint64_t n; /* the tile */
    unsigned first, count;
};
/** Of the full subtree that jm_nodes asks for; @p level at most JM_LOG_LEVEL_MAX. */
struct jm_tile_place jm_tile_place(unsigned level, uint64_t index);

/** Appends one entry to a bundle. @retval JM_OK | JM_E_LIMIT | JM_E_NO_SPACE nothing was written */
JM_MUST_CHECK enum jm_status jm_entry_put(struct jm_buf *out, struct jm_bytes entry);
/** Takes the first entry off @p bundle; a view into it. @retval JM_OK | JM_E_ABSENT there is none |
 * JM_E_TRUNCATED */
JM_MUST_CHECK enum jm_status jm_entry_next(struct jm_bytes *out, struct jm_bytes *bundle);

#endif
