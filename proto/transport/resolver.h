// Resolver: looks up the addresses of a host without blocking its owner. Each lookup has its own thread, because a
// lookup of the system may take minutes and cannot be interrupted: a useless one is left alone, and its result is
// dropped. One thread owns a Resolver. The destructor may be called at any time and does not block either.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace forkmill::proto {

struct Addresses {
  std::vector<std::string> numeric;  // as in an endpoint: 192.0.2.7, [2001:db8::7]; best first
  std::string error;                 // if there are none: why
};

// Asks the system for the addresses. Blocks. Any thread.
Addresses look_up(const std::string& host);

using LookUp = std::function<Addresses(const std::string& host)>;

class Resolver {
 public:
  Resolver(std::string host, LookUp look_up);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Starts a lookup, also while others are under way. Does nothing if kMax are under way.
  void ask();
  // Returns the result of the latest lookup that has ended. Each result is returned once; a result of an earlier lookup
  // than the last one returned is dropped.
  std::optional<Addresses> answer();

  bool answered() const;  // whether answer() has a result
  int fd() const;         // readable while answered()

  const std::string& host() const { return host_; }

  static constexpr int kMax = 4;

 private:
  struct Shared;
  const std::string host_;
  std::shared_ptr<Shared> shared_;
  std::uint64_t asked_ = 0;
};

}  // namespace forkmill::proto
