{
  # Apart from the compute addon, because it is built only where there is an MPI: scripts/build-native.mjs makes mpicc the compiler, which knows
  # where the headers and libraries are. mpicc links as a compiler of C does.
  "targets": [
    {
      "target_name": "mpi",
      "sources": ["addon.cc", "world.cc"],
      "cflags!": ["-O2", "-fno-exceptions"],
      "cflags_cc!": ["-std=gnu++20", "-fno-exceptions"],
      "cflags_cc": ["-std=c++17", "-O2", "-Wall", "-Wextra"],
      "xcode_settings": { "CLANG_CXX_LANGUAGE_STANDARD": "c++17", "GCC_ENABLE_CPP_EXCEPTIONS": "YES" },
      # The C++ interface of old MPIs is not used, and its library may be missing.
      "defines": ["NAPI_VERSION=8", "OMPI_SKIP_MPICXX", "MPICH_SKIP_MPICXX"],
      "conditions": [
        # The thread that calls MPI may outlive the environment that loaded the addon: its code must stay mapped.
        ["OS=='linux'", { "ldflags": ["-Wl,-z,nodelete"], "libraries": ["-lstdc++", "-lpthread"] }],
        ["OS=='mac'", { "libraries": ["-lc++"] }],
      ],
    },
  ],
}
