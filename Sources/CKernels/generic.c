// Conversions through doubles or 64-bit integers: every pair that has no kernel of its own.
#include "internal.h"
#include <math.h>

// How a small float type is laid out: sign, exponent, mantissa, from the top.
typedef struct {
  int mantissa;      // bits
  int minimum;       // exponent of the smallest normal number
  uint32_t largest;  // code of the largest finite number
  uint32_t infinity; // code of what stands for infinity
  uint32_t nan;
  uint32_t sign;     // bit
  int fnuz;          // no negative zero: its code is NaN
  int has_nan;
} small_float;

static const small_float small_floats[CK_TYPES] = {
  [CK_F16] = {10, -14, 0x7bff, 0x7c00, 0x7e00, 0x8000, 0, 1},
  [CK_BF16] = {7, -126, 0x7f7f, 0x7f80, 0x7fc0, 0x8000, 0, 1},
  [CK_F8E4M3] = {3, -6, 0x7e, 0x7f, 0x7f, 0x80, 0, 1},
  [CK_F8E5M2] = {2, -14, 0x7b, 0x7c, 0x7e, 0x80, 0, 1},
  [CK_F8E4M3FNUZ] = {3, -7, 0x7f, 0x80, 0x80, 0x80, 1, 1},
  [CK_F8E5M2FNUZ] = {2, -15, 0x7f, 0x80, 0x80, 0x80, 1, 1},
  [CK_F4] = {1, 0, 0x7, 0x7, 0x0, 0x8, 0, 0},
};

static double decode_small(const small_float *t, uint32_t code) {
  uint32_t magnitude = code & (t->sign - 1);
  if (t->fnuz) {
    if (code == t->sign) return NAN;
  } else if (magnitude > t->largest) {
    // One code past the largest is infinity where the type has it; the rest is NaN.
    if (t->infinity != t->nan && magnitude == t->infinity)
      return code & t->sign ? -INFINITY : INFINITY;
    return code & t->sign ? -NAN : NAN;
  }
  uint32_t exponent = magnitude >> t->mantissa;
  uint32_t digits = magnitude & ((1u << t->mantissa) - 1);
  if (exponent > 0) digits |= 1u << t->mantissa;
  int scale = t->minimum - t->mantissa + (exponent > 0 ? (int)exponent - 1 : 0);
  double value = ldexp((double)digits, scale);
  return code & t->sign ? -value : value;
}

static uint32_t encode_small(const small_float *t, double value, ck_losses *l) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  uint32_t sign = bits >> 63 ? t->sign : 0;
  if (value != value) {
    if (!t->has_nan) l->nan++;
    return t->fnuz ? t->nan : t->nan | (t->has_nan ? sign : 0);
  }
  uint64_t magnitude = bits & 0x7fffffffffffffff;
  if (magnitude == 0) return t->fnuz ? 0 : sign;
  int is_infinite = magnitude == 0x7ff0000000000000;
  uint32_t code = t->largest + 1;
  int exact = 0;
  if (!is_infinite) {
    int exponent = (int)(magnitude >> 52) - 1023;
    uint64_t digits = (magnitude & 0xfffffffffffff) | (exponent > -1023 ? 1ull << 52 : 0);
    if (exponent == -1023) exponent = -1022;
    int scale = exponent > t->minimum ? exponent : t->minimum;
    int shift = 52 - t->mantissa + (scale - exponent);
    uint64_t kept = 0;
    if (shift < 64) {
      kept = digits >> shift;
      uint64_t rest = digits & ((1ull << shift) - 1), half = 1ull << (shift - 1);
      exact = rest == 0;
      kept += rest > half || (rest == half && (kept & 1));
    }
    // A carry out of the mantissa moves into the exponent by itself.
    uint64_t wide = ((uint64_t)(scale - t->minimum) << t->mantissa) + kept;
    code = wide > t->largest ? t->largest + 1 : (uint32_t)wide;
  }
  if (code > t->largest) {
    if (!is_infinite || t->infinity == t->nan || !t->has_nan) l->overflow++;
    return t->fnuz ? t->nan : t->infinity | sign;
  }
  if (code == 0) {
    l->underflow++;
    return t->fnuz ? 0 : sign;
  }
  if (!exact) l->rounded++;
  return code | sign;
}

// E8M0 is a power of two without sign or zero; what is none becomes 0xff, its NaN.
static uint32_t encode_e8m0(double value, ck_losses *l) {
  if (value != value) return 0xff;
  if (value <= 0) {
    l->out_of_range++;
    return 0xff;
  }
  if (isinf(value)) {
    l->overflow++;
    return 0xff;
  }
  int exponent;
  double fraction = frexp(value, &exponent) * 2;  // in [1, 2)
  exponent -= 1;
  // Halfway between two powers the larger wins: the only digit of the smaller one is odd.
  if (fraction >= 1.5) exponent++;
  if (exponent > 127) {
    l->overflow++;
    return 0xff;
  }
  if (exponent < -127) {
    l->rounded++;
    return 0;
  }
  if (fraction != 1) l->rounded++;
  return (uint32_t)(exponent + 127);
}

static int is_byte_float(int type) {
  return type == CK_F8E4M3 || type == CK_F8E5M2 || type == CK_F8E8M0 || type == CK_F8E4M3FNUZ
      || type == CK_F8E5M2FNUZ;
}

static double decode_byte(int type, uint32_t code) {
  if (type == CK_F8E8M0) return code == 0xff ? NAN : ldexp(1, (int)code - 127);
  return decode_small(&small_floats[type], code);
}

void ck_decode(int type, const void *s, double *d, size_t n) {
  switch (type) {
  case CK_BOOL: for (size_t i = 0; i < n; i++) d[i] = load_u8(s, i) != 0; return;
  case CK_U8: for (size_t i = 0; i < n; i++) d[i] = load_u8(s, i); return;
  case CK_I8: for (size_t i = 0; i < n; i++) d[i] = load_i8(s, i); return;
  case CK_U16: for (size_t i = 0; i < n; i++) d[i] = load_u16(s, i); return;
  case CK_I16: for (size_t i = 0; i < n; i++) d[i] = load_i16(s, i); return;
  case CK_U32: for (size_t i = 0; i < n; i++) d[i] = load_u32(s, i); return;
  case CK_I32: for (size_t i = 0; i < n; i++) d[i] = load_i32(s, i); return;
  case CK_F16: case CK_BF16: {
    float tile[256];
    for (size_t at = 0; at < n; at += 256) {
      size_t count = n - at < 256 ? n - at : 256;
      const char *from = (const char *)s + at * 2;
      if (type == CK_F16) ck_f32_from_f16(from, tile, count);
      else ck_f32_from_bf16(from, tile, count);
      for (size_t i = 0; i < count; i++) d[at + i] = tile[i];
    }
    return;
  }
  case CK_F32: for (size_t i = 0; i < n; i++) d[i] = load_f32(s, i); return;
  case CK_F64: memcpy(d, s, n * 8); return;
  case CK_F4:
    for (size_t i = 0; i < n; i++)
      d[i] = decode_small(&small_floats[CK_F4], load_u8(s, i / 2) >> (i % 2 * 4) & 0xf);
    return;
  default:
    if (is_byte_float(type)) {
      double table[256];
      for (uint32_t code = 0; code < 256; code++) table[code] = decode_byte(type, code);
      for (size_t i = 0; i < n; i++) d[i] = table[load_u8(s, i)];
    }
  }
}

static inline int64_t to_integer(double v, double low, double high, int64_t min, int64_t max,
                                 ck_losses *l) {
  if (v != v) {
    l->nan++;
    return 0;
  }
  double r = rint(v);
  // `high` is the first double beyond the type.
  if (r < low || r >= high) {
    l->out_of_range++;
    return r < low ? min : max;
  }
  if (r != v) {
    if (r == 0) l->underflow++;
    else l->rounded++;
  }
  return (int64_t)r;
}

static uint64_t to_u64(double v, ck_losses *l) {
  if (v != v) {
    l->nan++;
    return 0;
  }
  double r = rint(v);
  if (r < 0 || r >= 18446744073709551616.0) {
    l->out_of_range++;
    return r < 0 ? 0 : UINT64_MAX;
  }
  if (r != v) {
    if (r == 0) l->underflow++;
    else l->rounded++;
  }
  return (uint64_t)r;
}

#define TO_INTEGERS(name, type, low, high, min, max)                                     \
  for (size_t i = 0; i < n; i++)                                                         \
    store_##name(d, i, (type)to_integer(s[i], low, high, min, max, l));                  \
  return

void ck_encode(int type, const double *s, void *d, size_t n, ck_losses *l) {
  switch (type) {
  case CK_BOOL:
    for (size_t i = 0; i < n; i++) {
      if (s[i] != s[i]) l->nan++;
      else if (s[i] != 0 && s[i] != 1) l->rounded++;
      store_u8(d, i, s[i] != 0);
    }
    return;
  case CK_U8: TO_INTEGERS(u8, uint8_t, 0, 256, 0, UINT8_MAX);
  case CK_I8: TO_INTEGERS(i8, int8_t, -128, 128, INT8_MIN, INT8_MAX);
  case CK_U16: TO_INTEGERS(u16, uint16_t, 0, 65536, 0, UINT16_MAX);
  case CK_I16: TO_INTEGERS(i16, int16_t, -32768, 32768, INT16_MIN, INT16_MAX);
  case CK_U32: TO_INTEGERS(u32, uint32_t, 0, 4294967296, 0, UINT32_MAX);
  case CK_I32: TO_INTEGERS(i32, int32_t, -2147483648.0, 2147483648.0, INT32_MIN, INT32_MAX);
  case CK_I64:
    TO_INTEGERS(i64, int64_t, -9223372036854775808.0, 9223372036854775808.0, INT64_MIN, INT64_MAX);
  case CK_U64: for (size_t i = 0; i < n; i++) store_u64(d, i, to_u64(s[i], l)); return;
  case CK_F32: ck_f32_from_f64(s, d, n, l); return;
  case CK_F64: memcpy(d, s, n * 8); return;
  case CK_F16: case CK_BF16:
    for (size_t i = 0; i < n; i++)
      store_u16(d, i, (uint16_t)encode_small(&small_floats[type], s[i], l));
    return;
  case CK_F8E8M0:
    for (size_t i = 0; i < n; i++) store_u8(d, i, (uint8_t)encode_e8m0(s[i], l));
    return;
  case CK_F4:
    for (size_t i = 0; i + 1 < n; i += 2) {
      uint32_t low = encode_small(&small_floats[type], s[i], l);
      uint32_t high = encode_small(&small_floats[type], s[i + 1], l);
      store_u8(d, i / 2, (uint8_t)(low | high << 4));
    }
    return;
  default:
    if (is_byte_float(type))
      for (size_t i = 0; i < n; i++)
        store_u8(d, i, (uint8_t)encode_small(&small_floats[type], s[i], l));
  }
}
