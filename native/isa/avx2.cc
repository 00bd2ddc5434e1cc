#define NVAE_ISA avx2
#define NVAE_VECTOR_BYTES 32
#include "isa/instantiate.inc.h"
