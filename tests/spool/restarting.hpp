// What tests of a restart begin with.
#pragma once

#include <memory>

#include "spool/open_over.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/spool_room.hpp"

namespace postern::spool {

/// A spool over a disk in memory, and its restart.
struct Restarting {
  test::Folder folder;
  test::TurnedClock clock;
  test::SeededRandom random;
  std::shared_ptr<test::Disk> disk = std::make_shared<test::Disk>();
  std::unique_ptr<Spool> spool = open();

  std::unique_ptr<Spool> open() {
    return open_over(std::make_unique<test::MemoryStore>(disk), test::options_in(folder.path()), clock, random).value();
  }
  void restart() {
    spool.reset();
    spool = open();
  }
};

}  // namespace postern::spool
