// Reads Node-API call arguments. JavaScript has checked them; C++ trusts them.
#pragma once
#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nvae {

class Arguments {
 public:
  static constexpr size_t kMost = 32;

  Arguments(napi_env env, napi_callback_info info) : env_(env), count_(kMost) {
    napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr);
  }

  size_t count() const { return count_; }

  // Data of a typed array; null for undefined and null.
  float* floats(size_t i) const { return static_cast<float*>(data(i)); }
  int32_t* ints(size_t i) const { return static_cast<int32_t*>(data(i)); }
  uint16_t* halves(size_t i) const { return static_cast<uint16_t*>(data(i)); }
  uint8_t* bytes(size_t i) const { return static_cast<uint8_t*>(data(i)); }

  // Data of the typed arrays in an array.
  std::vector<float*> float_arrays(size_t i) const {
    uint32_t length = 0;
    napi_get_array_length(env_, values_[i], &length);
    std::vector<float*> result(length);
    for (uint32_t k = 0; k < length; ++k) {
      napi_value value;
      napi_get_element(env_, values_[i], k, &value);
      result[k] = static_cast<float*>(data_of(value));
    }
    return result;
  }

  // Number of elements of a typed array.
  int64_t length(size_t i) const {
    size_t length = 0;
    napi_get_typedarray_info(env_, values_[i], nullptr, &length, nullptr, nullptr, nullptr);
    return static_cast<int64_t>(length);
  }

  int64_t integer(size_t i) const {
    int64_t value = 0;
    napi_get_value_int64(env_, values_[i], &value);
    return value;
  }

  std::string text(size_t i) const {
    char buffer[64] = "";
    size_t length = 0;
    napi_get_value_string_utf8(env_, values_[i], buffer, sizeof buffer, &length);
    return std::string(buffer, length);
  }

  double number(size_t i) const {
    double value = 0;
    napi_get_value_double(env_, values_[i], &value);
    return value;
  }

 private:
  void* data(size_t i) const { return data_of(values_[i]); }

  void* data_of(napi_value value) const {
    void* pointer = nullptr;
    if (napi_get_typedarray_info(env_, value, nullptr, nullptr, &pointer, nullptr, nullptr) != napi_ok) return nullptr;
    return pointer;
  }

  napi_env env_;
  size_t count_;
  napi_value values_[kMost];
};

inline void export_function(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  napi_set_named_property(env, exports, name, function);
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

// Each file in this folder defines one of these.
void export_matrix(napi_env env, napi_value exports);
void export_tensor(napi_env env, napi_value exports);

}  // namespace nvae
