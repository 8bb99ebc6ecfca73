// Members of a JSON object that may lack them: a report is also made of old outputs.
#pragma once

#include "engine/io/json.h"

#include <string>
#include <string_view>

namespace arcproof::reports {

const io::Json* member(const io::Json& object, std::string_view key);  ///< nullptr: absent, or no object

// The member, or the missing value where it is absent or of another type.
double number_in(const io::Json& object, std::string_view key);                ///< missing: NaN
std::string text_in(const io::Json& object, std::string_view key);             ///< missing: ""
bool true_in(const io::Json& object, std::string_view key);                    ///< missing: false
const io::Json::Array& list_in(const io::Json& object, std::string_view key);  ///< missing: an empty list

/// The limits min and max of a criterion or of a check, in words: "0.9 to 1.1", "at most 1.3".
std::string allowed_in(const io::Json& criterion);

}  // namespace arcproof::reports
