#pragma once
// SHA-256 of tensors (`--hash`): OpenSSL's EVP interface picks the processor's own instructions.
#include <openssl/evp.h>
