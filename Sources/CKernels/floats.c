// Conversions between the large float types, at memory speed.
#include "internal.h"

// Losses are counted in 32-bit lanes, which vectors add up; a block keeps them from overflowing.
enum { BLOCK = 1 << 16 };

CK_CLONES void ck_f32_from_bf16(const void *restrict s, void *restrict d, size_t n) {
  for (size_t i = 0; i < n; i++) store_u32(d, i, (uint32_t)load_u16(s, i) << 16);
}

CK_CLONES void ck_f32_from_f16(const void *restrict s, void *restrict d, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint16_t bits = load_u16(s, i);
    _Float16 half;
    memcpy(&half, &bits, 2);
    store_f32(d, i, (float)half);
  }
}

CK_CLONES void ck_f64_from_f32(const void *restrict s, void *restrict d, size_t n) {
  for (size_t i = 0; i < n; i++) store_f64(d, i, load_f32(s, i));
}

CK_CLONES void ck_bf16_from_f32(
    const void *restrict s, void *restrict d, size_t n, ck_losses *l) {
  for (size_t start = 0; start < n; start += BLOCK) {
    size_t end = n - start > BLOCK ? start + BLOCK : n;
    uint32_t over = 0, under = 0, changed = 0;
    for (size_t i = start; i < end; i++) {
      uint32_t u = load_u32(s, i), magnitude = u & 0x7fffffff;
      uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
      uint32_t is_nan = magnitude > 0x7f800000;
      uint32_t r = is_nan ? (u >> 16) | 0x40 : rounded;
      uint32_t finite = magnitude < 0x7f800000;
      uint32_t o = finite & ((r & 0x7fff) == 0x7f80);
      uint32_t z = (magnitude != 0) & ((r & 0x7fff) == 0);
      over += o;
      under += z;
      changed += finite & ((u & 0xffff) != 0);
      store_u16(d, i, (uint16_t)r);
    }
    l->overflow += over;
    l->underflow += under;
    l->rounded += changed - over - under;
  }
}

CK_CLONES void ck_f16_from_f32(
    const void *restrict s, void *restrict d, size_t n, ck_losses *l) {
  for (size_t start = 0; start < n; start += BLOCK) {
    size_t end = n - start > BLOCK ? start + BLOCK : n;
    uint32_t over = 0, under = 0, changed = 0;
    for (size_t i = start; i < end; i++) {
      float value = load_f32(s, i);
      _Float16 half = (_Float16)value;
      float back = (float)half;
      uint16_t bits;
      memcpy(&bits, &half, 2);
      uint32_t u = load_u32(s, i), magnitude = u & 0x7fffffff;
      uint32_t finite = magnitude < 0x7f800000;
      over += finite & ((bits & 0x7fff) == 0x7c00);
      under += (magnitude != 0) & ((bits & 0x7fff) == 0);
      changed += finite & (back != value);
      store_u16(d, i, bits);
    }
    l->overflow += over;
    l->underflow += under;
    l->rounded += changed - over - under;
  }
}

CK_CLONES void ck_f32_from_f64(
    const void *restrict s, void *restrict d, size_t n, ck_losses *l) {
  for (size_t start = 0; start < n; start += BLOCK) {
    size_t end = n - start > BLOCK ? start + BLOCK : n;
    uint64_t over = 0, under = 0, changed = 0;
    for (size_t i = start; i < end; i++) {
      double value = load_f64(s, i);
      float narrow = (float)value;
      double back = narrow;
      uint64_t magnitude = load_u64(s, i) & 0x7fffffffffffffff;
      uint64_t finite = magnitude < 0x7ff0000000000000;
      uint64_t result;
      memcpy(&result, &back, 8);
      result &= 0x7fffffffffffffff;
      over += finite & (result == 0x7ff0000000000000);
      under += (magnitude != 0) & (result == 0);
      changed += finite & (back != value);
      store_f32(d, i, narrow);
    }
    l->overflow += over;
    l->underflow += under;
    l->rounded += changed - over - under;
  }
}
