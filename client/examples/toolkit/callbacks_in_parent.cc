// The function runs in a process of the pool; the callbacks run here, in the program that asked, on a thread of the
// pool's. Exactly one of the two is called, and it has returned when get() does.
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
  std::string trouble;
  const auto callback = [&](int pid) {
    ran_in = pid;
    called_back_in = ::getpid();
    ++callbacks;
  };
  const auto error_callback = [&](const forkmill::Error& error) {
    trouble = error.what();
    called_back_in = ::getpid();
    ++callbacks;
  };

  forkmill::Pool pool{{.processes = 2}};
  const int there = pool.apply_async(kWhere, {true}, callback, error_callback).get();
  std::cout << "this is process " << here << "; the function ran in " << ran_in << ", its callback in "
            << called_back_in << "\n";
  check(there == ran_in && there != here, "the function runs in another process");
  check(called_back_in == here && callbacks == 1, "its callback in this one, once");

  called_back_in = 0;
  const auto failed = pool.apply_async(kWhere, {false}, callback, error_callback);
  failed.wait();
  check(!failed.successful(), "it threw");
  std::cout << "the error callback ran in " << called_back_in << ": " << trouble << "\n";
  check(called_back_in == here && callbacks == 2, "so does the error callback, once");
  check(trouble.find("not today") != trouble.npos, "with what was thrown there");
}
