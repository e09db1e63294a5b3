// ClientWorld: the rules of a client's session between a program and a broker, both of which do anything that an input
// tells them to. Messages that the session sends must be readable; each wait of the program must end once, with the
// session at the latest; and a session without input must come to rest.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "client/session/session.h"
#include "tests/fuzz/feed.h"
#include "tests/fuzz/filler.h"

namespace forkmill::fuzz {

class ClientWorld {
 public:
  explicit ClientWorld(Feed& feed);

  void step();
  // Closes the session: everything that is outstanding must end.
  void end();

 private:
  using Cookie = client::Cookie;
  using Effects = client::Effects;

  // ---- The program
  void submit();
  void operate();
  void ask_about_task();
  void ask(client::Request request);

  // ---- The broker
  void welcome();
  void hear_true();
  void hear_anything();
  void hear_bytes();
  void hear(proto::Message message);
  proto::Message result();
  proto::Message submit_ack();
  proto::Message operated();

  template <class F>
  void act(F&& f);
  void carry_out(const Effects& effects);
  void note(const proto::Envelope& envelope);
  void ended(Cookie cookie);
  Cookie expect();

  Feed& feed_;
  Palette palette_;
  client::Session session_;
  proto::Instant now_ = std::chrono::hours{1};
  Cookie last_cookie_ = 0;
  std::set<Cookie> waits_;  // waits of the program that have not ended
  bool linked_ = false;
  std::uint64_t nonce_ = 0;
  proto::SessionId id_;
  std::uint64_t last_session_ = 0;
  std::uint64_t heard_ = 0;
  std::vector<proto::MessageSeq> submits_;
  std::vector<std::uint64_t> operations_;
  std::vector<std::uint64_t> queries_;
};

}  // namespace forkmill::fuzz
