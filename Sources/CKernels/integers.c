// Integers to integers and to floats without passing a double, which holds only 53 bits.
#include "internal.h"

#define EACH(expression) for (size_t i = 0; i < n; i++) d[i] = (int64_t)(expression); return

// U64 comes as its bit pattern.
void ck_decode_int(int type, const void *s, int64_t *d, size_t n) {
  switch (type) {
  case CK_BOOL: EACH(load_u8(s, i) != 0);
  case CK_U8: EACH(load_u8(s, i));
  case CK_I8: EACH(load_i8(s, i));
  case CK_U16: EACH(load_u16(s, i));
  case CK_I16: EACH(load_i16(s, i));
  case CK_U32: EACH(load_u32(s, i));
  case CK_I32: EACH(load_i32(s, i));
  case CK_U64: case CK_I64: memcpy(d, s, n * 8); return;
  }
}

static inline int64_t clamp(int64_t v, int is_unsigned, int64_t min, int64_t max, ck_losses *l) {
  int below = !is_unsigned && v < min;
  int above = is_unsigned ? (uint64_t)v > (uint64_t)max : v > max;
  l->out_of_range += below | above;
  return below ? min : above ? max : v;
}

// The double next to an integer whose last bit says that something was cut off ("round to odd"):
// rounding it once more to a narrower type gives what rounding the integer would have given.
static double odd_double(uint64_t magnitude, int negative) {
  double value = (double)magnitude;
  if (magnitude >> 53) {
    int shift = 11 - __builtin_clzll(magnitude);
    uint64_t kept = magnitude >> shift;
    if (magnitude & ((1ull << shift) - 1)) kept |= 1;
    value = (double)kept * (double)(1ull << shift);
  }
  return negative ? -value : value;
}

static int fits_double(uint64_t magnitude) {
  return magnitude == 0 || 64 - __builtin_clzll(magnitude) - __builtin_ctzll(magnitude) <= 53;
}

static void to_floats(int type, const int64_t *s, int is_unsigned, void *d, size_t n,
                      ck_losses *l) {
  for (size_t i = 0; i < n; i++) {
    int negative = !is_unsigned && s[i] < 0;
    uint64_t magnitude = negative ? 0 - (uint64_t)s[i] : (uint64_t)s[i];
    if (type == CK_F64) {
      double value = (double)magnitude;
      l->rounded += !fits_double(magnitude);
      store_f64(d, i, negative ? -value : value);
      continue;
    }
    double wide = odd_double(magnitude, negative);
    size_t size = type == CK_F32 ? 4 : type == CK_F16 || type == CK_BF16 ? 2 : 1;
    ck_encode(type, &wide, (char *)d + i * size, 1, l);
  }
}

#define CLAMPED(name, type, min, max)                                                    \
  for (size_t i = 0; i < n; i++)                                                         \
    store_##name(d, i, (type)clamp(s[i], is_unsigned, min, max, l));                     \
  return

void ck_encode_int(int type, const int64_t *s, int is_unsigned, void *d, size_t n, ck_losses *l) {
  switch (type) {
  case CK_BOOL:
    for (size_t i = 0; i < n; i++) {
      l->rounded += s[i] != 0 && s[i] != 1;
      store_u8(d, i, s[i] != 0);
    }
    return;
  case CK_U8: CLAMPED(u8, uint8_t, 0, UINT8_MAX);
  case CK_I8: CLAMPED(i8, int8_t, INT8_MIN, INT8_MAX);
  case CK_U16: CLAMPED(u16, uint16_t, 0, UINT16_MAX);
  case CK_I16: CLAMPED(i16, int16_t, INT16_MIN, INT16_MAX);
  case CK_U32: CLAMPED(u32, uint32_t, 0, UINT32_MAX);
  case CK_I32: CLAMPED(i32, int32_t, INT32_MIN, INT32_MAX);
  case CK_I64: CLAMPED(i64, int64_t, INT64_MIN, INT64_MAX);
  case CK_U64:
    for (size_t i = 0; i < n; i++) {
      int below = !is_unsigned && s[i] < 0;
      l->out_of_range += below;
      store_u64(d, i, below ? 0 : (uint64_t)s[i]);
    }
    return;
  default: to_floats(type, s, is_unsigned, d, n, l);
  }
}
