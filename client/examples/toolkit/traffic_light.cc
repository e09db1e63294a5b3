// Cars and a traffic light: an event that is set means green. Waiting cars go on at once when it is set; cars that come
// while it is set do not wait at all.
#include <forkmill/local.h>
#include <forkmill/manager.h>
#include <forkmill/process.h>

#include <iostream>
#include <string>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using namespace std::chrono_literals;
using Journal = forkmill::List<std::string>;

constexpr int kCars = 5;

constexpr forkmill::Task<void(std::string, forkmill::Event, forkmill::Semaphore, Journal)> kDrive{"drive"};

void drive(const std::string& car, const forkmill::Event& green, forkmill::Semaphore arrived, Journal journal) {
  if (!green.is_set()) journal.append(car + " waits");
  arrived.release();
  green.wait();
  journal.append(car + " crosses");
}
const forkmill::Registered kDriveHere{kDrive, drive};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  forkmill::Event green;
  forkmill::Semaphore arrived{0};
  Journal journal;
  std::vector<forkmill::Process> cars;
  const auto start = [&](const std::string& name) { cars.emplace_back(kDrive, name, green, arrived, journal).start(); };

  for (int i = 1; i <= kCars; ++i) start("car " + std::to_string(i));
  for (int i = 0; i < kCars; ++i) arrived.acquire();
  journal.append("the light turns green");
  green.set();
  join_all(cars);
  start("a late car");
  join_all(cars);
  arrived.acquire();
  journal.append("the light turns red");
  green.clear();
  start("the last car");
  arrived.acquire();
  check(!cars.back().join(200ms), "no car crosses at red");
  journal.append("the light turns green again");
  green.set();
  join_all(cars);

  const auto lines = journal.values();
  bool light = false;
  int crossed = 0;
  int waited = 0;
  for (const auto& line : lines) {
    std::cout << line << "\n";
    if (line.starts_with("the light")) light = line.find("green") != line.npos;
    if (ends_with(line, "crosses")) ++crossed;
    if (ends_with(line, "waits")) ++waited;
    check(light || !ends_with(line, "crosses"), "no car crosses at red");
  }
  check(crossed == kCars + 2, "every car crosses at last");
  check(waited == kCars + 1, "a car that comes at green does not wait");
}
