// Columns of a table that may lack them: a report is also made of old outputs and of recipes that measured
// less.
#pragma once

#include "engine/io/table.h"

#include <string_view>

namespace arcproof::reports {

/// The column, or as many missing values as the table has rows where the column is absent or of another type.
/// A column of several values per row comes back as it is stored, row after row.
io::Reals real_column(const io::Table& table, std::string_view name);        ///< missing: NaN
io::Integers integer_column(const io::Table& table, std::string_view name);  ///< missing: io::missing_integer
io::Texts text_column(const io::Table& table, std::string_view name);        ///< missing: ""
io::Flags flag_column(const io::Table& table, std::string_view name);        ///< missing: false

/// Rows where a text column holds this text.
std::vector<std::size_t> rows_where(const io::Table& table, std::string_view column, std::string_view text);

}  // namespace arcproof::reports
