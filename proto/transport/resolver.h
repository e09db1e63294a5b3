// Resolver: looks up a host's addresses without making its owner wait. Each lookup has a thread of its own, because the
// system's may take minutes and can not be interrupted: one that has become useless is left to itself, and what it
// finds in the end is thrown away. One thread owns a Resolver; it may be destroyed at any time and does not wait
// either.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace forkmill::proto {

struct Addresses {
  std::vector<std::string> numeric;  // as in an endpoint: 192.0.2.7, [2001:db8::7]; best first
  std::string error;                 // why there are none
};

// Asks the system, and waits for it. Any thread.
Addresses look_up(const std::string& host);

using LookUp = std::function<Addresses(const std::string& host)>;

class Resolver {
 public:
  Resolver(std::string host, LookUp look_up);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Starts a lookup, also while earlier ones are under way; with kMax of these it does nothing.
  void ask();
  // What the latest lookup that has ended found; each is given once, and none that was asked for before it.
  std::optional<Addresses> answer();

  bool answered() const;  // answer() has something
  int fd() const;         // readable then

  const std::string& host() const { return host_; }

  static constexpr int kMax = 4;

 private:
  struct Shared;
  const std::string host_;
  std::shared_ptr<Shared> shared_;
  std::uint64_t asked_ = 0;
};

}  // namespace forkmill::proto
