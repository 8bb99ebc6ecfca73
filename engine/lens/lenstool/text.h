// Lines and words of Lenstool's files. Private to engine/lens.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace arcproof::lens {

struct TextLine {
  int number = 0;  ///< from 1
  std::vector<std::string> words;
  std::string text;  ///< without the spaces at either end
};

/// The lines of a file that are not blank. InputError when the file is missing.
std::vector<TextLine> lines_of(const std::filesystem::path& file);

/// A section of a .par file: "potentiel O1" and the lines up to its `end`.
struct TextBlock {
  TextLine head;
  std::vector<TextLine> body;
};

/// A finite number. InputError{file, key} when `word` is something else.
double number_of(const std::filesystem::path& file, const std::string& key, const std::string& word);

std::string joined(const std::vector<std::string>& words, std::string_view separator = ", ");

/// Shortest text that reads back as this number to 6 digits, for messages.
std::string text_of(double value);

}  // namespace arcproof::lens
