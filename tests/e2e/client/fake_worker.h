// A worker in a thread of the test: it speaks the worker's side of the protocol and does what the test tells it to. The
// client's tests need outcomes of every kind at the right moment, without processes to fork.
#pragma once

#include <forkmill/serialize.h>
#include <forkmill/task.h>

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "proto/os/waiter.h"
#include "proto/os/wakeup.h"
#include "proto/transport/dealer.h"

namespace forkmill::tests {

class FakeWorker {
 public:
  // Returns the outcome; may send progress before.
  using Handler = std::function<proto::Outcome(FakeWorker&, const proto::GrantedTask&)>;

  explicit FakeWorker(std::string endpoint, std::vector<std::string> queues = {"default"})
      : endpoint_{std::move(endpoint)}, queues_{std::move(queues)} {}
  ~FakeWorker() { stop(); }

  template <class R, class... A, class F>
  void on(const Task<R(A...)>& task, F function) {
    on_raw(std::string{task.name()}, task.signature(), [function](FakeWorker&, const proto::GrantedTask& granted) {
      proto::Outcome outcome;
      auto arguments = unpack_arguments<typename Task<R(A...)>::Arguments>(granted.payload.view());
      if constexpr (std::is_void_v<R>) {
        std::apply(function, std::move(arguments));
        outcome.value = proto::Payload::own(pack_nothing());
      } else {
        outcome.value = proto::Payload::own(pack_value<R>(std::apply(function, std::move(arguments))));
      }
      return outcome;
    });
  }
  void on_raw(const std::string& name, const std::string& signature, Handler handler) {
    tasks_.push_back({name, signature});
    handlers_[name] = std::move(handler);
  }

  void start(std::size_t window = 1024) {
    window_ = window;
    thread_ = std::thread{[this] { run(); }};
  }
  void stop() {
    stopping_ = true;
    wakeup_.signal();
    if (thread_.joinable()) thread_.join();
  }

  void progress(const proto::GrantedTask& granted, double fraction, const std::string& note) {
    send(proto::Progress{{{granted.id, granted.grant, fraction, note}}});
  }
  std::uint64_t executed() const { return executed_; }

 private:
  void send(proto::Message message) {
    seq_ = seq_.next();
    dealer_->send({{session_, seq_}, std::move(message)});
  }
  void hello() {
    proto::Hello hello;
    hello.role = proto::Role::worker;
    hello.nonce = ++nonce_;
    hello.name = "fake";
    hello.host = "here";
    hello.software = "test";
    hello.worker = {queues_, tasks_, 1, {}};
    dealer_->send({{}, hello});
  }
  void handle(proto::Message& message) {
    if (auto* welcome = std::get_if<proto::Welcome>(&message)) {
      session_ = welcome->session;
      seq_ = {};
      granted_ = welcome->granted;
      send(proto::Credit{granted_ + window_});
    } else if (auto* error = std::get_if<proto::ErrorMessage>(&message)) {
      if (error->code == Errc::session_unknown || error->code == Errc::hello_required) hello();
    } else if (auto* grants = std::get_if<proto::Grants>(&message)) {
      proto::Outcomes done;
      for (auto& task : grants->tasks) {
        ++granted_;
        ++executed_;
        auto outcome = handlers_.at(task.spec->name)(*this, task);
        outcome.attempt = task.grant.attempt;
        outcome.worker = "fake";
        done.outcomes.push_back({task.grant, std::move(outcome), proto::milliseconds{-1}, 1});
      }
      done.credit = granted_ + window_;
      send(std::move(done));
    } else if (auto* revoke = std::get_if<proto::Revoke>(&message)) {
      proto::Revoked revoked;
      for (auto& grant : revoke->grants) revoked.answers.push_back({grant, proto::RevokeState::unknown});
      revoked.credit = granted_ + window_;
      send(std::move(revoked));
    }
  }
  void run() {
    dealer_ = std::make_unique<proto::Dealer>(endpoint_);
    proto::Waiter waiter;
    waiter.add(dealer_->fd(), 1);
    waiter.add(wakeup_.fd(), 2);
    auto next_heartbeat = std::chrono::steady_clock::now();
    while (!stopping_) {
      while (auto event = dealer_->link_event())
        if (*event == proto::Dealer::LinkEvent::up) hello();
      while (auto message = dealer_->receive())
        if (message->ok()) handle(message->value().message);
      if (std::chrono::steady_clock::now() >= next_heartbeat) {
        if (session_) send(proto::Heartbeat{});
        next_heartbeat += std::chrono::milliseconds{500};
      }
      if (!dealer_->pending()) waiter.wait(proto::Instant{100'000});
    }
    if (session_) send(proto::Goodbye{Errc::ok, "done"});
    dealer_.reset();
  }

  std::string endpoint_;
  std::vector<std::string> queues_;
  std::vector<proto::TaskInfo> tasks_;
  std::map<std::string, Handler> handlers_;
  std::size_t window_ = 0;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> executed_{0};
  proto::Wakeup wakeup_;
  std::unique_ptr<proto::Dealer> dealer_;
  proto::SessionId session_;
  proto::MessageSeq seq_;
  std::uint64_t nonce_ = 0;
  std::uint64_t granted_ = 0;
};

}  // namespace forkmill::tests
