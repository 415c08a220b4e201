/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests want to know of a running program: which codes it gave, with which result. Builds
 * with sanitizers alone have it (JUMIN_RECORD, tests/support/record.c); everywhere else it is
 * nothing.
 */
#ifndef JM_BASE_RECORD_H
#define JM_BASE_RECORD_H

#ifdef JUMIN_RECORD
void jm_record(unsigned code, unsigned result);
#else
#define jm_record(code, result) ((void)0)
#endif

#endif
