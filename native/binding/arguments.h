// Arguments of the kernels that JavaScript calls, as plain values, so that a call can be repeated without JavaScript (program.h).
// JavaScript has checked them; C++ trusts them.
#pragma once
#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/features.h"

namespace nvae {

// A number, a typed array, or a list of typed arrays; null and undefined are an array without data.
struct Argument {
  double number = 0;
  void* data = nullptr;
  int64_t length = 0;  // elements of the typed array
  bool is_ints = false;
  bool is_halves = false;  // unsigned integers of 16 bits, which hold bfloat16
  std::vector<Argument> list;
};

class Arguments {
 public:
  Arguments(const Argument* values, size_t count) : values_(values), count_(count) {}

  const Argument* begin() const { return values_; }
  const Argument* end() const { return values_ + count_; }

  // Data of a typed array; null for undefined and null.
  float* floats(size_t i) const { return static_cast<float*>(values_[i].data); }
  double* doubles(size_t i) const { return static_cast<double*>(values_[i].data); }
  int32_t* ints(size_t i) const { return static_cast<int32_t*>(values_[i].data); }
  Features features(size_t i) const { return {values_[i].data, values_[i].is_halves}; }
  uint8_t* bytes(size_t i) const { return static_cast<uint8_t*>(values_[i].data); }

  // Number of elements of a typed array.
  int64_t length(size_t i) const { return values_[i].length; }

  // The typed arrays of a list.
  const std::vector<Argument>& list(size_t i) const { return values_[i].list; }

  // Data of the typed arrays of a list.
  std::vector<float*> float_arrays(size_t i) const {
    std::vector<float*> result;
    for (const Argument& each : list(i)) result.push_back(static_cast<float*>(each.data));
    return result;
  }

  int64_t integer(size_t i) const { return static_cast<int64_t>(values_[i].number); }
  double number(size_t i) const { return values_[i].number; }

 private:
  const Argument* values_;
  size_t count_;
};

// A kernel, which returns nothing: what it computes is in the arrays that it is given.
using Kernel = void (*)(const Arguments&);

// Reads the arguments of a call from JavaScript, calls the kernel, and records the call if a program is being recorded.
napi_value call_kernel(napi_env env, napi_callback_info info, Kernel kernel);

inline void export_function(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
}

template <Kernel kernel>
void export_kernel(napi_env env, napi_value exports, const char* name) {
  export_function(env, exports, name,
                  [](napi_env env, napi_callback_info info) { return call_kernel(env, info, kernel); });
}

inline napi_value to_js(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

inline napi_value to_js(napi_env env, const char* value) {
  napi_value result;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

// The first argument of a call from JavaScript; undefined without one.
inline napi_value first_argument(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value;
  napi_get_cb_info(env, info, &count, &value, nullptr, nullptr);
  return value;
}

inline double first_number(napi_env env, napi_callback_info info) {
  double value = 0;
  napi_get_value_double(env, first_argument(env, info), &value);
  return value;
}

// Each file in this folder defines one of these.
void export_matrix(napi_env env, napi_value exports);
void export_program(napi_env env, napi_value exports);
void export_tensor(napi_env env, napi_value exports);

}  // namespace nvae
