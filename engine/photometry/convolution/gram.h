// Inner products of the columns of a least-squares problem. Internal to engine/photometry.
#pragma once

namespace arcproof::photometry {

/// out[i * count + j] = column_i . column_j for `count` columns of `length` values (a multiple of 8). Each
/// product is summed in eight interleaved partial sums, combined in a fixed order: the same bits on every
/// processor.
void gram_matrix(const double* const* columns, int count, int length, double* out);

/// out[i] = column_i . with, summed in the same way.
void inner_products(const double* const* columns, int count, const double* with, int length, double* out);

}  // namespace arcproof::photometry
