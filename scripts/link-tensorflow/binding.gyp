# Builds the addon of tfjs-node from its own sources, and a small one of ours. build.mjs creates the folders next to this file.
{
  'targets': [
    {
      'target_name': 'loading',
      'sources': ['loading.cc'],
      'defines': ['NAPI_VERSION=8'],
    },
    {
      'target_name': 'tfjs_binding',
      'sources': ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'],
      'include_dirs': ['shim', 'include'],
      'defines': ['NAPI_VERSION=8'],
      'library_dirs': ['<(module_root_dir)/lib'],
      'libraries': [
        '-Wl,@<(module_root_dir)/link-options',
        '-ltensorflow',
        '-ltensorflow_framework',
      ],
    },
  ],
}
