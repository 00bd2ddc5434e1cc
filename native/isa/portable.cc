#define NVAE_ISA portable
#define NVAE_VECTOR_BYTES 16
#include "isa/instantiate.inc.h"
