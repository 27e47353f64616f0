// The one way in: picks the way from one element type to another.
#include "internal.h"

enum { TILE = 512 };

static int is_integer(int type) { return type >= CK_BOOL && type <= CK_I64; }
static int is_complex(int type) { return type == CK_C64 || type == CK_C128; }
static int part(int type) { return type == CK_C64 ? CK_F32 : type == CK_C128 ? CK_F64 : type; }

// Bytes of `n` elements.
static size_t bytes(int type, size_t n) {
  switch (type) {
  case CK_U16: case CK_I16: case CK_F16: case CK_BF16: return n * 2;
  case CK_U32: case CK_I32: case CK_F32: return n * 4;
  case CK_U64: case CK_I64: case CK_F64: case CK_C64: return n * 8;
  case CK_C128: return n * 16;
  case CK_F4: return n / 2;
  default: return n;
  }
}

static int direct(int from, int to, const void *s, void *d, size_t n, ck_losses *l) {
  if (from == to) memcpy(d, s, bytes(from, n));
  else if (from == CK_BF16 && to == CK_F32) ck_f32_from_bf16(s, d, n);
  else if (from == CK_F16 && to == CK_F32) ck_f32_from_f16(s, d, n);
  else if (from == CK_F32 && to == CK_F64) ck_f64_from_f32(s, d, n);
  else if (from == CK_F32 && to == CK_BF16) ck_bf16_from_f32(s, d, n, l);
  else if (from == CK_F32 && to == CK_F16) ck_f16_from_f32(s, d, n, l);
  else if (from == CK_F64 && to == CK_F32) ck_f32_from_f64(s, d, n, l);
  else return 0;
  return 1;
}

// Half precision to the other half precision: floats hold both exactly.
static int halves(int from, int to, const void *s, void *d, size_t n, ck_losses *l) {
  if (!((from == CK_F16 && to == CK_BF16) || (from == CK_BF16 && to == CK_F16))) return 0;
  float tile[TILE];
  direct(from, CK_F32, s, tile, n, l);
  direct(CK_F32, to, tile, d, n, l);
  return 1;
}

static void tile(int from, int to, const void *s, void *d, size_t n, ck_losses *l) {
  if (halves(from, to, s, d, n, l)) return;
  if (is_integer(from) && !is_complex(to) && to != CK_F4) {
    int64_t whole[TILE];
    ck_decode_int(from, s, whole, n);
    ck_encode_int(to, whole, from == CK_U64, d, n, l);
    return;
  }
  double wide[TILE];
  if (is_integer(from)) {  // to a type of two elements a byte
    int64_t whole[TILE];
    ck_decode_int(from, s, whole, n);
    ck_encode_int(CK_F64, whole, from == CK_U64, wide, n, &(ck_losses){0});
  } else {
    ck_decode(from, s, wide, n);
  }
  ck_encode(to, wide, d, n, l);
}

// Keeps the real parts and counts imaginary parts that are not zero.
static void drop_imaginary(int from, const void *s, void *real, size_t n, ck_losses *l) {
  for (size_t i = 0; i < n; i++) {
    if (from == CK_C64) {
      l->imaginary += load_f32(s, 2 * i + 1) != 0;
      store_f32(real, i, load_f32(s, 2 * i));
    } else {
      l->imaginary += load_f64(s, 2 * i + 1) != 0;
      store_f64(real, i, load_f64(s, 2 * i));
    }
  }
}

static void add_imaginary(int to, const void *real, void *d, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (to == CK_C64) {
      store_f32(d, 2 * i, load_f32(real, i));
      store_f32(d, 2 * i + 1, 0);
    } else {
      store_f64(d, 2 * i, load_f64(real, i));
      store_f64(d, 2 * i + 1, 0);
    }
  }
}

// A Boolean made from a complex number asks for both parts.
static void complex_bools(int from, const void *s, void *d, size_t n, ck_losses *l) {
  for (size_t i = 0; i < n; i++) {
    double re = from == CK_C64 ? load_f32(s, 2 * i) : load_f64(s, 2 * i);
    double im = from == CK_C64 ? load_f32(s, 2 * i + 1) : load_f64(s, 2 * i + 1);
    if (re != re || im != im) l->nan++;
    else if (im != 0) l->imaginary++;
    else if (re != 0 && re != 1) l->rounded++;
    store_u8(d, i, re != 0 || im != 0);
  }
}

// Floats of one byte by table: 256 values, made once for the whole array.
static int from_bytes(int from, int to, const void *s, void *d, size_t n, ck_losses *l) {
  int is_byte = from >= CK_F8E4M3 && from <= CK_F8E5M2FNUZ;
  if (!is_byte || is_complex(to) || n < 256) return 0;
  uint8_t codes[256];
  float table[256], real[TILE];
  for (int code = 0; code < 256; code++) codes[code] = (uint8_t)code;
  for (int at = 0; at < 256; at += 128)
    ck_convert(from, CK_F32, codes + at, table + at, 128, &(ck_losses){0});
  for (size_t at = 0; at < n; at += TILE) {
    size_t count = n - at < TILE ? n - at : TILE;
    const uint8_t *bytes_at = (const uint8_t *)s + at;
    char *target = (char *)d + bytes(to, at);
    for (size_t i = 0; i < count; i++) real[i] = table[bytes_at[i]];
    if (to == CK_F32) memcpy(target, real, count * 4);
    else ck_convert(CK_F32, to, real, target, count, l);
  }
  return 1;
}

int ck_convert(int from, int to, const void *source, void *target, size_t n, ck_losses *l) {
  if (from < 0 || from >= CK_TYPES || to < 0 || to >= CK_TYPES) return 0;
  if (is_complex(from) && is_complex(to))
    return ck_convert(part(from), part(to), source, target, 2 * n, l);
  if (direct(from, to, source, target, n, l)) return 1;
  if (from_bytes(from, to, source, target, n, l)) return 1;
  for (size_t at = 0; at < n; at += TILE) {
    size_t count = n - at < TILE ? n - at : TILE;
    const char *s = (const char *)source + bytes(from, at);
    char *d = (char *)target + bytes(to, at);
    double real[TILE];
    if (is_complex(from) && to == CK_BOOL) {
      complex_bools(from, s, d, count, l);
    } else if (is_complex(from)) {
      drop_imaginary(from, s, real, count, l);
      ck_convert(part(from), to, real, d, count, l);
    } else if (is_complex(to)) {
      ck_convert(from, part(to), s, real, count, l);
      add_imaginary(to, real, d, count);
    } else {
      tile(from, to, s, d, count, l);
    }
  }
  return 1;
}
