#include "runtime/processor.h"

#if defined(__x86_64__)
#include <cpuid.h>

#include <cstdint>

namespace nvae {
namespace {

struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// Zeros for a leaf that the processor does not have.
Registers cpuid(uint32_t leaf, uint32_t subleaf = 0) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

constexpr bool all(uint32_t value, uint32_t bits) { return (value & bits) == bits; }
constexpr uint32_t bit(int place) { return uint32_t{1} << place; }

// Parts of the registers that the operating system saves (XCR0).
uint32_t saved_state() {
  const bool can_be_asked = all(cpuid(1).ecx, bit(27));
  if (!can_be_asked) return 0;
  uint32_t low, high;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

constexpr uint32_t kVectors = bit(1) | bit(2);                           // xmm, ymm
constexpr uint32_t kWideVectors = kVectors | bit(5) | bit(6) | bit(7);  // masks, zmm0-15, zmm16-31

bool find_avx2() {
  const bool fma = all(cpuid(1).ecx, bit(12) | bit(28));  // FMA, AVX
  return fma && all(cpuid(7).ebx, bit(5)) && all(saved_state(), kVectors);
}

bool find_avx512() {
  const uint32_t f_dq_bw_vl = bit(16) | bit(17) | bit(30) | bit(31);
  return find_avx2() && all(cpuid(7).ebx, f_dq_bw_vl) && all(saved_state(), kWideVectors);
}

}  // namespace

bool has_avx2() {
  static const bool found = find_avx2();
  return found;
}

bool has_avx512() {
  static const bool found = find_avx512();
  return found;
}

bool has_avx512_bfloat16() {
  static const bool found = find_avx512() && all(cpuid(7, 1).eax, bit(5));
  return found;
}

}  // namespace nvae

#else

namespace nvae {

bool has_avx2() { return false; }
bool has_avx512() { return false; }
bool has_avx512_bfloat16() { return false; }

}  // namespace nvae

#endif
