// The function runs in a process of the pool. The callbacks run in this program, on a thread of the pool. Exactly one
// of the two is called, and it has returned when get() returns.
#include <forkmill/local.h>
#include <forkmill/pool.h>
#include <unistd.h>

#include <atomic>
#include <iostream>
#include <stdexcept>
#include <string>

#include "client/examples/toolkit/example.h"

namespace {

constexpr forkmill::Task<int(bool)> kWhere{"where"};

int where(bool works) {
  if (!works) throw std::domain_error{"not today"};
  return ::getpid();
}
const forkmill::Registered kWhereHere{kWhere, where};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  const int here = ::getpid();
  std::atomic<int> ran_in = 0;
  std::atomic<int> called_back_in = 0;
  std::atomic<int> callbacks = 0;
  std::string failure;
  const auto callback = [&](int pid) {
    ran_in = pid;
    called_back_in = ::getpid();
    ++callbacks;
  };
  const auto error_callback = [&](const forkmill::Error& error) {
    failure = error.what();
    called_back_in = ::getpid();
    ++callbacks;
  };

  forkmill::Pool pool{{.processes = 2}};
  const int there = pool.apply_async(kWhere, {true}, callback, error_callback).get();
  std::cout << "this is process " << here << "; the function ran in " << ran_in << ", its callback in "
            << called_back_in << "\n";
  check(there == ran_in && there != here, "the function runs in another process");
  check(called_back_in == here && callbacks == 1, "its callback runs in this process, once");

  called_back_in = 0;
  const auto failed = pool.apply_async(kWhere, {false}, callback, error_callback);
  failed.wait();
  check(!failed.successful(), "the function threw");
  std::cout << "the error callback ran in " << called_back_in << ": " << failure << "\n";
  check(called_back_in == here && callbacks == 2, "the error callback runs in this process, once");
  check(failure.find("not today") != failure.npos, "the error is the one that was thrown there");
}
