#pragma once
#include "ckernels.h"
#include <string.h>

// Several versions of a function, the best for the processor chosen when the program starts.
#if defined(__x86_64__) && defined(__linux__)
#define CK_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CK_CLONES
#endif

// Loads and stores of any alignment; compilers make plain moves of them.
#define CK_ACCESS(name, type)                                                            \
  static inline type load_##name(const void *p, size_t i) {                              \
    type v;                                                                              \
    memcpy(&v, (const char *)p + i * sizeof v, sizeof v);                                \
    return v;                                                                            \
  }                                                                                      \
  static inline void store_##name(void *p, size_t i, type v) {                           \
    memcpy((char *)p + i * sizeof v, &v, sizeof v);                                      \
  }
CK_ACCESS(u8, uint8_t)
CK_ACCESS(i8, int8_t)
CK_ACCESS(u16, uint16_t)
CK_ACCESS(i16, int16_t)
CK_ACCESS(u32, uint32_t)
CK_ACCESS(i32, int32_t)
CK_ACCESS(u64, uint64_t)
CK_ACCESS(i64, int64_t)
CK_ACCESS(f32, float)
CK_ACCESS(f64, double)

// The pairs that have a kernel of their own.
void ck_f32_from_bf16(const void *s, void *d, size_t n);
void ck_f32_from_f16(const void *s, void *d, size_t n);
void ck_f64_from_f32(const void *s, void *d, size_t n);
void ck_bf16_from_f32(const void *s, void *d, size_t n, ck_losses *l);
void ck_f16_from_f32(const void *s, void *d, size_t n, ck_losses *l);
void ck_f32_from_f64(const void *s, void *d, size_t n, ck_losses *l);

// Everything else goes through doubles (exact for every float type) or 64-bit integers.
void ck_decode(int type, const void *s, double *d, size_t n);
void ck_encode(int type, const double *s, void *d, size_t n, ck_losses *l);
void ck_decode_int(int type, const void *s, int64_t *d, size_t n);
void ck_encode_int(int type, const int64_t *s, int is_unsigned, void *d, size_t n, ck_losses *l);
