{
  # One addon, several instruction sets: the files in native/isa include the same kernels, each compiled by a target
  # with its own flags; the addon picks one at run time. The flags are in native/flags.json, also for scripts/build-prebuilt.mjs.
  "variables": {
    "flags": ["<!@(node -p \"const f = require('./native/flags.json'); [...f.all, ...f.cpp].join(' ')\")"],
  },
  "target_defaults": {
    "cflags!": ["-O2", "-fno-exceptions"],
    "cflags_cc!": ["-std=gnu++20", "-fno-rtti"],
    "cflags_cc": ["<@(flags)", "-Wno-psabi"],
    "include_dirs": ["native"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "gnu++17",
      "GCC_OPTIMIZATION_LEVEL": "3",
      "OTHER_CPLUSPLUSFLAGS": ["<@(flags)"],
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
        "<!@(node -p \"['binding', 'runtime'].flatMap((d) => require('fs').readdirSync('native/' + d).filter((f) => f.endsWith('.cc')).map((f) => 'native/' + d + '/' + f)).join(' ')\")",
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
      "variables": {
        "avx2": ["<!@(node -p \"require('./native/flags.json').avx2.join(' ')\")"],
        "avx512": ["<!@(node -p \"require('./native/flags.json').avx512.join(' ')\")"],
      },
      "targets": [
        {
          "target_name": "nvae_avx2",
          "type": "static_library",
          "sources": ["native/isa/avx2.cc"],
          "cflags_cc": ["<@(avx2)"],
          "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(avx2)"] },
        },
        {
          "target_name": "nvae_avx512",
          "type": "static_library",
          "sources": ["native/isa/avx512.cc"],
          "cflags_cc": ["<@(avx512)"],
          "xcode_settings": { "OTHER_CPLUSPLUSFLAGS": ["<@(avx512)"] },
        },
      ],
    }],
  ],
}
