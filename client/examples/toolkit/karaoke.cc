// A karaoke room with four places, and twenty guests: a semaphore lets four of them in at a time. Each guest sings as
// soon as a quartet is complete, and leaves.
#include <forkmill/local.h>
#include <forkmill/manager.h>
#include <forkmill/process.h>

#include <algorithm>
#include <iostream>
#include <mutex>
#include <string>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using Room = forkmill::Dict<std::string, int>;

constexpr int kGuests = 20;
constexpr int kPlaces = 4;

constexpr forkmill::Task<void(forkmill::Semaphore, forkmill::Barrier, Room, forkmill::List<int>)> kSing{"sing"};

void sing(forkmill::Semaphore door, forkmill::Barrier quartet, Room room, forkmill::List<int> seen) {
  const std::lock_guard inside{door};
  seen.append(room.add("inside", 1));  // each add() is one operation, so the sum is right for all
  quartet.wait();
  room.add("songs", 1);
  room.add("inside", -1);
}
const forkmill::Registered kSingHere{kSing, sing};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  const forkmill::Semaphore door{kPlaces};
  const forkmill::Barrier quartet{kPlaces};
  Room room;
  room.set("inside", 0);
  room.set("songs", 0);
  const forkmill::List<int> seen;

  std::vector<forkmill::Process> guests;
  for (int i = 0; i < kGuests; ++i) guests.emplace_back(kSing, door, quartet, room, seen).start();
  join_all(guests);

  const auto counts = seen.values();
  const int most = *std::ranges::max_element(counts);
  std::cout << room.at("songs") << " voices were heard, never more than " << most << " guests inside\n";
  check(room.at("songs") == kGuests, "every guest sings");
  check(most == kPlaces, "four inside at most, and four once the quartet is complete");
  check(room.at("inside") == 0, "the room is empty at the end");
}
