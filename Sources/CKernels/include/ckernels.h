#pragma once
#include <stddef.h>
#include <stdint.h>

// Element types, in the order of Swift's DType as far as they convert.
enum ck_type {
  CK_BOOL, CK_U8, CK_I8, CK_U16, CK_I16, CK_U32, CK_I32, CK_U64, CK_I64,
  CK_F16, CK_BF16, CK_F32, CK_F64,
  CK_F8E4M3, CK_F8E5M2, CK_F8E8M0, CK_F8E4M3FNUZ, CK_F8E5M2FNUZ,
  CK_F4, CK_C64, CK_C128,
  CK_TYPES
};

// What a conversion lost, in elements.
typedef struct {
  uint64_t overflow;      // finite to infinity, or to what stands for it in a type without
  uint64_t underflow;     // not zero to zero
  uint64_t rounded;       // to a neighbour
  uint64_t nan;           // NaN to a type without
  uint64_t out_of_range;  // beyond an integer type's ends: set to the end
  uint64_t imaginary;     // an imaginary part that is not zero, dropped
} ck_losses;

// Converts n elements; losses are added. Floats round to nearest, ties to even; so do integers
// made from floats. Both sides are little-endian and contiguous, of any alignment; they must not
// overlap. CK_F4 has two elements a byte, the first in the low half; n is even for it.
// Returns 0 when a type is unknown.
int ck_convert(int from, int to, const void *source, void *target, size_t n, ck_losses *losses);
