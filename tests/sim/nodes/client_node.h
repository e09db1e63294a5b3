// ClientNode: a client's session and what its engine does for it; and a user that submits, cancels, attaches and asks.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "client/session/session.h"
#include "tests/sim/nodes/network.h"
#include "tests/sim/nodes/workload.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/users/object_user.h"

namespace forkmill::sim {

class ClientNode final : public Endpoint {
 public:
  // The worker and the process of a client that lives in a child.
  struct Home {
    std::uint64_t worker = 0;
    std::uint32_t pid = 0;
  };
  ClientNode(World& world, Network& network, History& history, ObjectHistory& objects, Workload& workload,
             std::string name, Home home);

  // The user submits tasks, and may cancel, attach and ask.
  void act();
  // The user of named objects.
  ObjectUser& objects() { return user_; }
  // Calls act(), then does something with a named object.
  void act_with_objects();
  // Asks for the broker's status, then reads its list of all tasks page by page.
  void survey();
  // Whether every request to cancel a task was answered.
  bool cancels_answered() const { return cancels_.empty(); }
  bool surveyed() const { return surveyed_; }
  // The client is gone, with its futures. start() begins its next life.
  void crash();
  void start();
  void cut();
  void block(Instant until);
  void hollow(bool up, bool down);
  void pause(Instant until);
  void set_clock(milliseconds skew) { skew_ = skew; }
  bool up() const { return session_ != nullptr; }

  void link_up() override;
  void link_down() override;
  void arrived(proto::Envelope envelope) override;
  std::string_view name() const override { return name_; }

 private:
  void submit();
  void cancel();
  void cancel_soon(const TaskId& id);
  void cancel(const TaskId& id);
  void cancel_as_well(const TaskId& id, std::string_view first);
  void ask_to_cancel(const TaskId& id);
  void attach(const TaskId& id);
  void query();
  void look_after_dead();
  void signal_a_process();
  void survey_from(proto::TaskSeq before);
  void ask(proto::Query query, std::function<void(const proto::Reply&)> then = {});
  void give(proto::AnyCommand command, std::function<void(const proto::Reply&)> then = {});
  void soon() { alarm_.set_earlier(std::max(world_.now() + world_.drag(world_.options.slow.client), paused_until_)); }
  void settle();
  bool carry_out();
  void send(proto::Envelope envelope);
  void hear(Cookie cookie, const proto::Reply& reply);
  void reconnect();
  ObjectCaller::Hands hands();

  World& world_;
  Network& network_;
  History& history_;
  Workload& workload_;
  std::string name_;
  Home home_;
  Alarm alarm_;
  ObjectUser user_;
  std::unique_ptr<client::Session> session_;
  std::unique_ptr<Network::Link> link_;
  Instant paused_until_{0};
  milliseconds skew_{0};
  struct Event {
    enum { up, down, message } kind;
    proto::Envelope envelope;
  };
  std::deque<Event> inbox_;
  std::vector<std::pair<Cookie, TaskId>> outstanding_;
  std::unordered_map<Cookie, TaskId> cancels_;
  std::unordered_map<Cookie, std::function<void(const proto::Reply&)>> asked_;
  std::set<TaskId> listed_;
  bool surveyed_ = false;
  std::uint64_t lives_ = 0;          // how often the broker had forgotten this client
  std::unordered_set<Cookie> born_;  // futures whose processes run, as far as is known
  std::size_t idle_rings_ = 0;
  proto::SessionId heard_in_;  // the session of the message that came last
};

}  // namespace forkmill::sim
