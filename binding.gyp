{
  # One addon, several instruction sets: the files in native/isa include the same kernels, each compiled by a target
  # with its own flags; the addon picks one at run time.
  "target_defaults": {
    "cflags!": ["-O2", "-fno-exceptions"],
    "cflags": ["-O3", "-Wall", "-Wno-psabi", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast"],
    "cflags_cc!": ["-std=gnu++20", "-fno-rtti"],
    "cflags_cc": ["-std=gnu++17"],
    "include_dirs": ["native"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "gnu++17",
      "GCC_OPTIMIZATION_LEVEL": "3",
      "OTHER_CFLAGS": ["-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast"],
    },
    "defines": ["NAPI_VERSION=8"],
  },
  "targets": [
    {
      "target_name": "nvae_portable",
      "type": "static_library",
      "sources": ["native/isa/portable.cc"],
    },
    {
      "target_name": "nvae",
      "sources": [
        "<!@(node -p \"require('fs').readdirSync('native/binding').filter((f) => f.endsWith('.cc')).map((f) => 'native/binding/' + f).join(' ')\")",
        "native/runtime/scratch.cc",
        "native/runtime/thread_pool.cc",
      ],
      "dependencies": ["nvae_portable"],
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["nvae_avx2", "nvae_avx512"] }],
        # Worker threads of the pool may outlive the environment that loaded the addon: its code must stay mapped.
        ["OS=='linux'", { "ldflags": ["-Wl,-z,nodelete"], "libraries": ["-lpthread"] }],
      ],
    },
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "nvae_avx2",
          "type": "static_library",
          "sources": ["native/isa/avx2.cc"],
          "cflags_cc": ["-mavx2", "-mfma"],
          "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["-mavx2", "-mfma"] },
        },
        {
          "target_name": "nvae_avx512",
          "type": "static_library",
          "sources": ["native/isa/avx512.cc"],
          "cflags_cc": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx2", "-mfma", "-mprefer-vector-width=512"],
          "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx2", "-mfma"] },
        },
      ],
    }],
  ],
}
