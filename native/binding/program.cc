// Calls from JavaScript, and programs of them: see program.h. A program holds addresses; JavaScript keeps the arrays alive.
#include "binding/program.h"

#include <cstring>
#include <memory>
#include <string>

namespace nvae {
namespace {

// Longer arrays of integers are not shapes, but data.
constexpr int64_t kMostShapeNumbers = 256;

// The program that records, if any, and the list of the arrays that it uses.
struct Recording {
  std::unique_ptr<Program> program;
  napi_ref arrays = nullptr;
  uint32_t count = 0;
};

// A thread of JavaScript calls only kernels of its own.
thread_local Recording recording;

// Fowler-Noll-Vo.
uint64_t mix(uint64_t hash, const void* data, size_t bytes) {
  const auto* from = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < bytes; ++i) hash = (hash ^ from[i]) * 1099511628211u;
  return hash;
}

uint64_t mix(uint64_t hash, const Argument& argument) {
  hash = mix(hash, &argument.number, sizeof argument.number);
  hash = mix(hash, &argument.length, sizeof argument.length);
  hash = mix(hash, &argument.is_halves, sizeof argument.is_halves);
  if (argument.is_ints && argument.length <= kMostShapeNumbers) {
    hash = mix(hash, argument.data, static_cast<size_t>(argument.length) * sizeof(int32_t));
  }
  for (const Argument& each : argument.list) hash = mix(hash, each);
  return hash;
}

void keep(napi_env env, napi_value array) {
  napi_value arrays;
  napi_get_reference_value(env, recording.arrays, &arrays);
  napi_set_element(env, arrays, recording.count++, array);
}

Argument read(napi_env env, napi_value value) {
  Argument argument;
  napi_valuetype type;
  napi_typeof(env, value, &type);
  if (type == napi_number) napi_get_value_double(env, value, &argument.number);
  if (type != napi_object) return argument;
  napi_typedarray_type elements;
  size_t length = 0;
  if (napi_get_typedarray_info(env, value, &elements, &length, &argument.data, nullptr, nullptr) == napi_ok) {
    argument.length = static_cast<int64_t>(length);
    argument.is_ints = elements == napi_int32_array;
    argument.is_halves = elements == napi_uint16_array;
    if (recording.program) keep(env, value);
    return argument;
  }
  uint32_t count = 0;
  napi_get_array_length(env, value, &count);
  argument.list.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    napi_value each;
    napi_get_element(env, value, i, &each);
    argument.list.push_back(read(env, each));
  }
  return argument;
}

// startProgram(): records all calls of kernels from now on, besides executing them.
napi_value start_program(napi_env env, napi_callback_info) {
  napi_value arrays;
  napi_create_array(env, &arrays);
  napi_create_reference(env, arrays, 1, &recording.arrays);
  recording.count = 0;
  recording.program = std::make_unique<Program>();
  return nullptr;
}

// endProgram(): {program, fingerprint, arrays}. The arrays are those of the calls; the program is valid while they are alive.
napi_value end_program(napi_env env, napi_callback_info) {
  napi_value result, program, arrays;
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "fingerprint",
                          to_js(env, std::to_string(recording.program->fingerprint()).c_str()));
  napi_create_external(
      env, recording.program.release(), [](napi_env, void* data, void*) { delete static_cast<Program*>(data); }, nullptr,
      &program);
  napi_set_named_property(env, result, "program", program);
  napi_get_reference_value(env, recording.arrays, &arrays);
  napi_set_named_property(env, result, "arrays", arrays);
  napi_delete_reference(env, recording.arrays);
  return result;
}

// runProgram(program)
napi_value run_program(napi_env env, napi_callback_info info) {
  void* program = nullptr;
  napi_get_value_external(env, first_argument(env, info), &program);
  static_cast<const Program*>(program)->run();
  return nullptr;
}

}  // namespace

void Program::add(Kernel kernel, const Arguments& arguments) {
  fingerprint_ = mix(fingerprint_, &kernel, sizeof kernel);
  for (const Argument& each : arguments) fingerprint_ = mix(fingerprint_, each);
  calls_.push_back({kernel, {arguments.begin(), arguments.end()}});
}

void Program::run() const {
  for (const Call& call : calls_) call.kernel(Arguments(call.arguments.data(), call.arguments.size()));
}

napi_value call_kernel(napi_env env, napi_callback_info info, Kernel kernel) {
  constexpr size_t kMost = 32;
  napi_value values[kMost];
  size_t count = kMost;
  napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  Argument decoded[kMost];
  for (size_t i = 0; i < count; ++i) decoded[i] = read(env, values[i]);
  const Arguments arguments(decoded, count);
  kernel(arguments);
  if (recording.program) recording.program->add(kernel, arguments);
  return nullptr;
}

void export_program(napi_env env, napi_value exports) {
  export_function(env, exports, "startProgram", start_program);
  export_function(env, exports, "endProgram", end_program);
  export_function(env, exports, "runProgram", run_program);
}

}  // namespace nvae
