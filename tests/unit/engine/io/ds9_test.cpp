#include "engine/io/ds9.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "tests/support/data.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::io {
namespace {

std::filesystem::path file(const char* name = "a.reg") { return tests::scratch_folder("ds9") / name; }

Ds9File read(const std::string& text) {
  const auto path = file();
  write_text(path, text);
  return read_ds9(path);
}

// The format of DS9's reference manual ("Region File Format"): image coordinates count from 1, sizes on the
// sky end in ".
TEST(Ds9, WritesPixelsFromOne) {
  const auto path = file();
  const std::vector<Ds9Region> regions = {{0, 9.5, 3, 2, 30, "red", "7"}, {4, 5, 2, 2, 0}, {1, 2}};
  write_ds9(path, Ds9Frame::image, regions);
  EXPECT_EQ(read_text(path),
            "# Region file format: DS9 version 4.1\nglobal color=green width=1\nimage\n"
            "ellipse(1.000,10.500,3.000,2.000,30.00) # color=red text={7}\n"
            "circle(5.000,6.000,2.000) # color=green\n"
            "point(2.000,3.000) # color=green\n");
}

TEST(Ds9, WritesDegreesAndArcseconds) {
  const auto path = file();
  const std::vector<Ds9Region> regions = {{110.825, -73.454, 0.05, 0.02, 120}, {std::nan(""), 1, 1, 1}};
  write_ds9(path, Ds9Frame::icrs, regions);
  EXPECT_EQ(read_text(path),
            "# Region file format: DS9 version 4.1\nglobal color=green width=1\nicrs\n"
            "ellipse(110.82500000,-73.45400000,0.05000\",0.02000\",120.00) # color=green\n");
}

TEST(Ds9, ReadsBackWhatItWrites) {
  for (const Ds9Frame frame : {Ds9Frame::image, Ds9Frame::fk5, Ds9Frame::icrs}) {
    const auto path = file();
    write_ds9(path, frame, std::vector<Ds9Region>{{10.25, 20.5, 3, 2, 45, "red", "a b"}});
    const Ds9File again = read_ds9(path);
    EXPECT_EQ(again.frame, frame);
    ASSERT_EQ(again.regions.size(), 1u);
    EXPECT_NEAR(again.regions[0].x, 10.25, 1e-9);
    EXPECT_NEAR(again.regions[0].y, 20.5, 1e-9);
    EXPECT_EQ(again.regions[0].radius_x, 3);
    EXPECT_EQ(again.regions[0].radius_y, 2);
    EXPECT_EQ(again.regions[0].angle_deg, 45);
    EXPECT_EQ(again.regions[0].text, "a b");
  }
}

TEST(Ds9, ReadsTheFormsThatDs9Saves) {
  const Ds9File saved = read(
      "# Region file format: DS9 version 4.1\nglobal color=green dashlist=8 3\nfk5\n"
      "circle(7:23:18.0,-0:30:00.0,1.5\") # text={star}\nbox(10.0,20.0,2',1',0)\n-circle(1,1,1\")\n"
      "point(10d,20) # point=x\n");
  EXPECT_EQ(saved.frame, Ds9Frame::fk5);
  ASSERT_EQ(saved.regions.size(), 3u);
  EXPECT_NEAR(saved.regions[0].x, 110.825, 1e-9);  // 15 (7 + 23/60 + 18/3600)
  EXPECT_NEAR(saved.regions[0].y, -0.5, 1e-12);
  EXPECT_EQ(saved.regions[0].radius_x, 1.5);
  EXPECT_EQ(saved.regions[1].radius_x, 60);
  EXPECT_EQ(saved.regions[2].x, 10);
  const Ds9File one_line = read("image; circle (1 2 3)\n");
  EXPECT_EQ(one_line.regions.size(), 1u);
}

TEST(Ds9, NamesTheLineOfAFault) {
  const auto complains = [](const std::string& text, const std::string& line) {
    try {
      read(text);
      ADD_FAILURE() << text;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(line), std::string::npos) << error.what();
    }
  };
  complains("image\npolygon(1,2,3,4,5,6)\n", "line 2");
  complains("galactic\n", "line 1");
  complains("image\nfk5\n", "line 2");
  complains("image\ncircle(1,2)\n", "line 2");
  complains("image\ncircle(1,x,2)\n", "line 2");
  complains("image\ncircle(1,2,3\n", "line 2");
}

}  // namespace
}  // namespace arcproof::io
