// Where the compiler can, a function so marked is made once for each width of the machine's vectors, and
// chosen when the program starts. All widths give the same bits: no sum is reordered and no product fused
// (see the flags of the build). Not under sanitizers, which start after that choice.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ARCPROOF_EVERY_VECTOR_WIDTH __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ARCPROOF_EVERY_VECTOR_WIDTH
#endif
