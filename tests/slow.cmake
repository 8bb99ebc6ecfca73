# Read by ctest once all tests are known: those of more than ten seconds on two idle cores get the label `slow` beside that of
# their tier, so that `ctest -LE slow` leaves them out. Those of end_to_end have it where they are added. A name that is no test
# is passed over.
set_tests_properties(
  unit.Campaign.ShardsMergeInAnyOrder
  unit.CampaignStop.LeavesAPartialRunThatGoesOn
  PROPERTIES LABELS "unit;slow")
