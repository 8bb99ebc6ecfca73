#include "reports/drawing/html.h"

#include <cctype>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace arcproof::reports::html {
namespace {

const double nan = std::nan("");
const std::string minus = "\u2212";

int occurrences(const std::string& text, const std::string& word) {
  int count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

// Empty when every element is closed in order; else what is wrong.
std::string unbalanced(const std::string& page) {
  const std::set<std::string> without_end = {"!DOCTYPE", "meta", "img", "br"};
  std::vector<std::string> open;
  for (auto at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const bool closes = page[at + 1] == '/';
    auto end = at + (closes ? 2 : 1);
    const auto start = end;
    while (end < page.size() && (std::isalnum(static_cast<unsigned char>(page[end])) || page[end] == '!'))
      ++end;
    const std::string name = page.substr(start, end - start);
    if (without_end.count(name)) continue;
    if (!closes) open.push_back(name);
    else if (open.empty() || open.back() != name) return "</" + name + ">";
    else open.pop_back();
  }
  return open.empty() ? "" : "<" + open.back() + ">";
}

TEST(Escape, MarkupBecomesText) {
  EXPECT_EQ(escape(R"(<b class="x">A & 'B'</b>)"),
            "&lt;b class=&quot;x&quot;&gt;A &amp; &#39;B&#39;&lt;/b&gt;");
}

TEST(Escape, EntitiesAreNotSpared) { EXPECT_EQ(escape("&lt;"), "&amp;lt;"); }

TEST(Escape, OtherCharactersStay) { EXPECT_EQ(escape("µ = 3 ± 1 – x"), "µ = 3 ± 1 – x"); }

TEST(Numbers, FixedHasCommasAndATrueMinus) {
  EXPECT_EQ(fixed(27.326, 2), "27.33");
  EXPECT_EQ(fixed(-1234567.891, 1), minus + "1,234,567.9");
  EXPECT_EQ(fixed(999, 0), "999");
  EXPECT_EQ(fixed(1000, 0), "1,000");
  EXPECT_EQ(fixed(-123, 0), minus + "123");
  EXPECT_EQ(fixed(-0.001, 2), "0.00");
  EXPECT_EQ(count(12345), "12,345");
}

TEST(Numbers, SignificantDigits) {
  EXPECT_EQ(significant(0.0010249), "0.00102");
  EXPECT_EQ(significant(25799), "25,800");
  EXPECT_EQ(significant(9.996), "10.0");
  EXPECT_EQ(significant(-0.5), minus + "0.500");
  EXPECT_EQ(significant(1234567, 2), "1,200,000");
  EXPECT_EQ(significant(0), "0");
}

TEST(Numbers, VeryLargeOnesHaveAnExponent) { EXPECT_EQ(significant(-2.5e9), minus + "2.50e+09"); }

TEST(Numbers, Percentages) {
  EXPECT_EQ(percent(0.683), "68.3%");
  EXPECT_EQ(percent(1, 0), "100%");
}

TEST(Numbers, DashWhereThereIsNone) {
  for (const double none : {nan, HUGE_VAL, -HUGE_VAL}) {
    EXPECT_EQ(fixed(none, 2), dash);
    EXPECT_EQ(significant(none), dash);
    EXPECT_EQ(percent(none), dash);
    EXPECT_EQ(count(none), dash);
    EXPECT_EQ(with_error(none, 1, 2), dash);
    EXPECT_EQ(with_interval(none, 0, 1, 2), dash);
  }
}

TEST(Numbers, ErrorsAndIntervalsFollowTheValue) {
  EXPECT_EQ(with_error(27.331, 0.288, 2), "27.33&nbsp;±&nbsp;0.29");
  EXPECT_EQ(with_error(27.331, nan, 2), "27.33");
  const std::string interval = with_interval(-1.5, -1.67, -1.36, 2);
  EXPECT_TRUE(interval.starts_with(minus + "1.50 "));
  EXPECT_NE(interval.find("(" + minus + "1.67&nbsp;to&nbsp;" + minus + "1.36)"), std::string::npos);
  EXPECT_EQ(unbalanced(interval), "");
  EXPECT_EQ(with_interval(-1.5, nan, -1.36, 2), minus + "1.50");
}

// Python 3, base64.b64encode; RFC 4648 section 10 for the words.
TEST(Base64, EqualsOthers) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string("\x00\xff\xfe\xfb\xef\xbe", 6)), "AP/+++++");
}

TEST(Table, HasItsCellsAndAlignment) {
  const std::string html =
      table({{"name", "value", "error"}, {0}, {{"a", "1", "0.1"}, {"<b>b</b>", "2", "0.2"}}});
  EXPECT_EQ(unbalanced(html), "");
  EXPECT_EQ(occurrences(html, "<tr>"), 3);
  EXPECT_EQ(occurrences(html, "<th class=\"text\">name</th><th>value</th><th>error</th>"), 1);
  EXPECT_EQ(occurrences(html, "<td class=\"text\"><b>b</b></td><td>2</td><td>0.2</td>"), 1);
}

TEST(Pieces, EscapeTheirText) {
  const std::string bad = "</p><script>";
  for (const std::string& html :
       {badge(bad, "good"), nothing(bad), png_image("x", 3, 4, bad), section("id", bad, "", ""),
        page(bad, ""), figure({"id", bad, "", "", "", "half"})}) {
    EXPECT_EQ(occurrences(html, "<script>"), 0) << html;
    EXPECT_NE(html.find("&lt;/p&gt;&lt;script&gt;"), std::string::npos) << html;
    EXPECT_EQ(unbalanced(html), "");
  }
}

TEST(Pieces, LeaveHtmlAsItIs) {
  EXPECT_NE(section("id", "x", "<i>intro</i>", "<p>body</p>").find("<i>intro</i>"), std::string::npos);
  EXPECT_NE(figure({"id", "x", "<svg></svg>", "<i>shows</i>", "", "full"}).find("<svg></svg>"),
            std::string::npos);
}

TEST(Figure, CaptionSaysWhatIsSeenAndWhatShouldBe) {
  const std::string html = figure({"pulls", "Pulls", "<svg></svg>", "shows this", "sees that", "half"});
  EXPECT_EQ(unbalanced(html), "");
  EXPECT_EQ(occurrences(html, "<figure id=\"pulls\" class=\"half\">"), 1);
  EXPECT_LT(html.find("shows this"), html.find("sees that"));
  EXPECT_LT(html.find("<svg>"), html.find("<figcaption>"));
}

TEST(Figure, WithoutCaptionHasNone) {
  EXPECT_EQ(occurrences(figure({"a", "A", "", "", "", "half"}), "figcaption"), 0);
  EXPECT_EQ(occurrences(figure({"a", "A", "", "shows", "", "half"}), "When all is well"), 0);
}

TEST(Grid, HoldsItsFiguresInOrder) {
  const std::string html = grid({{"one", "1", "", "", "", "half"}, {"two", "2", "", "", "", "half"}});
  EXPECT_EQ(occurrences(html, "<figure"), 2);
  EXPECT_LT(html.find("id=\"one\""), html.find("id=\"two\""));
  EXPECT_EQ(unbalanced(html), "");
}

TEST(PngImage, IsPartOfThePage) {
  EXPECT_EQ(png_image("foo", 30, 40, "x"),
            "<img width=\"30\" height=\"40\" alt=\"x\" src=\"data:image/png;base64,Zm9v\">");
}

TEST(Page, IsWholeAndNeedsNothingElse) {
  const std::string html = page("Title & more", section("s", "Heading", "intro", "<p>contents</p>\n"));
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>"));
  EXPECT_EQ(unbalanced(html), "");
  EXPECT_EQ(occurrences(html, "<title>Title &amp; more</title>"), 1);
  EXPECT_EQ(occurrences(html, "<meta charset=\"utf-8\">"), 1);
  EXPECT_EQ(occurrences(html, "<section id=\"s\">"), 1);
  for (const char* outside : {"http://", "https://", "<script", "@import", "<link"})
    EXPECT_EQ(occurrences(html, outside), 0) << outside;
  EXPECT_LT(html.find("</head>"), html.find("<body>"));
  EXPECT_LT(html.find("<body>"), html.find("contents"));
}

}  // namespace
}  // namespace arcproof::reports::html
