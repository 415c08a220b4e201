/* SPDX-License-Identifier: Apache-2.0 */
/** @file store.h  Room: service/fees. Its rows: the functions of fees.h without rules, implemented
 * in host/store/fees.c. */
#ifndef JUMIN_SERVICE_FEES_STORE_H
#define JUMIN_SERVICE_FEES_STORE_H

#include "service/fees/fees.h"

#endif
