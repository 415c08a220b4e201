// SPDX-License-Identifier: Apache-2.0
// What a test program in WebAssembly is given: in the place of OpenSSL (tests/wasm/openssl.c) node's own, at once; a way out of a test.
import { createCipheriv, createDecipheriv, createECDH, createHash, createHmac, createPrivateKey, createPublicKey, ECDH, randomFillSync, sign, verify } from 'node:crypto';
import { constants, deflateSync, inflateSync } from 'node:zlib';

const CURVE = 'prime256v1', TAG = 16, hashes = [null, 'sha1', 'sha256', 'sha384', 'sha512'];

/* A test that skips leaves at once, from any depth. */
const LEFT = new Error('left');
export const leaving = (exports) => ({
  run: (test) => {
    const { __stack_pointer: stack, __indirect_function_table: table } = exports(), { value } = stack;
    try { table.get(test)(); } catch (e) { if (e !== LEFT) throw e; stack.value = value; }
  },
  leave: () => { throw LEFT; },
});

/** @param memory gives the module's memory, which may have grown since */
export function crypto(memory) {
  let all = Buffer.alloc(0);
  const at = (ptr, len) => {
    const { buffer } = memory();
    if (all.buffer !== buffer) all = Buffer.from(buffer);
    return all.subarray(ptr, ptr + len);
  };
  const views = (ptr, n) => { const v = new DataView(memory().buffer); return Array.from({ length: n }, (_, i) => at(v.getUint32(ptr + 8 * i, true), v.getUint32(ptr + 8 * i + 4, true))); };
  const put = (ptr, octets) => { at(ptr, octets.length).set(octets); return 0; };
  /* What node refuses is the caller's @code. */
  const or = (code, does) => { try { return does(); } catch { return code; } };
  const pairs = new Map(), publics = new Map();
  const memo = (map, key, make) => { const k = key.toString('hex'); if (!map.has(k)) map.set(k, make()); return map.get(k); };
  const pairOf = (scalar) => memo(pairs, scalar, () => {
    const ecdh = createECDH(CURVE);
    ecdh.setPrivateKey(scalar);
    const point = ecdh.getPublicKey();
    return { ecdh, point, key: createPrivateKey({ format: 'jwk', key: { ...jwk(point), d: scalar.toString('base64url') } }) };
  });
  const jwk = (point) => ({ kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') });
  const publicOf = (point) => memo(publics, point, () => createPublicKey({ format: 'jwk', key: jwk(ECDH.convertKey(point, CURVE, undefined, undefined, 'uncompressed')) }));
  /* RFC 8410: a private key is its seed behind a head that is always the same. */
  const edOf = (seed) => createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' });
  const plain = (key) => ({ key, dsaEncoding: 'ieee-p1363' });
  const packed = (strategy, octets) => deflateSync(octets, { level: 9, strategy });
  const name = (key) => `aes-${8 * key.length}-gcm`;
  return {
    hash: (h, parts, n, out) => or(1, () => put(out, views(parts, n).reduce((d, p) => d.update(p), createHash(hashes[h])).digest())),
    hmac: (h, key, len, parts, n, out) => or(1, () => put(out, views(parts, n).reduce((d, p) => d.update(p), createHmac(hashes[h], at(key, len))).digest())),
    seal: (args, out) => or(1, () => {
      const [key, iv, aad, input] = views(args, 4), c = createCipheriv(name(key), key, iv).setAAD(aad);
      return put(out, Buffer.concat([c.update(input), c.final(), c.getAuthTag()]));
    }),
    open: (args, out) => or(1, () => {
      const [key, iv, aad, input] = views(args, 4), len = input.length - TAG, c = createDecipheriv(name(key), key, iv).setAAD(aad).setAuthTag(input.subarray(len));
      return put(out, Buffer.concat([c.update(input.subarray(0, len)), c.final()]));
    }),
    point: (scalar, out) => or(1, () => put(out, pairOf(at(scalar, 32)).point)),
    sign: (scalar, data, len, out) => or(1, () => put(out, sign('sha256', at(data, len), plain(pairOf(at(scalar, 32)).key)))),
    verify: (args) => or(2, () => { const [key, data, sig] = views(args, 3); return verify('sha256', data, plain(publicOf(key)), sig) ? 0 : 1; }),
    verify_ed25519: (args) => or(2, () => { const [key, data, sig] = views(args, 3); return verify(null, data, createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') } }), sig) ? 0 : 1; }),
    sign_ed25519: (seed, data, len, out) => or(1, () => put(out, sign(null, at(data, len), edOf(at(seed, 32))))),
    public_ed25519: (seed, out) => or(1, () => put(out, Buffer.from(createPublicKey(edOf(at(seed, 32))).export({ format: 'jwk' }).x, 'base64url'))),
    agree: (scalar, peer, len, x) => or(1, () => put(x, pairOf(at(scalar, 32)).ecdh.computeSecret(at(peer, len)))),
    random: (out, len) => { randomFillSync(at(out, len)); },
    inflate: (input, len, out, cap) => {
      try {
        const { buffer, engine } = inflateSync(at(input, len), { maxOutputLength: Math.max(cap, 1), info: true });
        if (engine.bytesWritten !== len) return -1;
        if (buffer.length > cap) return -2;
        put(out, buffer);
        return buffer.length;
      } catch (e) { return e.code === 'ERR_BUFFER_TOO_LARGE' ? -2 : -1; }
    },
    deflate: (input, len, out, cap) => {
      const octets = at(input, len), [a, b] = [constants.Z_RLE, constants.Z_HUFFMAN_ONLY].map((s) => packed(s, octets)), best = a.length <= b.length ? a : b;
      if (best.length > cap) return -1;
      put(out, best);
      return best.length;
    },
  };
}
