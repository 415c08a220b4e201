// SPDX-License-Identifier: Apache-2.0
/* One tab holds the wallet. Two that worked at a time would each use a copy up, or ask for a card twice. */
const name = 'jumin/wallet';

/**
 * For as long as this tab lives. @param take also from another tab, which is told by its own @p lost
 * @return whether it is ours
 */
export function hold(take: boolean, lost: () => void): Promise<boolean> {
  return new Promise((told) => {
    navigator.locks.request(name, take ? { steal: true } : { ifAvailable: true }, async (lock) => {
      told(lock !== null);
      if (lock) await new Promise(() => { /* until it closes */ });
    }).catch(lost);
  });
}
