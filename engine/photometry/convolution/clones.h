// One clone of a function per instruction set, chosen when the program starts. Internal to engine/photometry.
//
// With contraction off and sums in a written order, all clones give the same bits (tested).
#pragma once

// Sanitizers start after the resolvers of cloned functions run: one plain version there.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(ARCPROOF_PORTABLE_KERNEL)
#define ARCPROOF_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ARCPROOF_CLONES
#endif

#define ARCPROOF_INLINE [[gnu::always_inline]] inline
