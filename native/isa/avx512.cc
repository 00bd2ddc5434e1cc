#define NVAE_ISA avx512
#define NVAE_VECTOR_BYTES 64
#include "isa/instantiate.inc.h"
