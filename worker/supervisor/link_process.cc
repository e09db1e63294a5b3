#include "worker/supervisor/link_process.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "worker/supervisor/fork_setup.h"

namespace forkmill::worker {

namespace {

using namespace std::chrono_literals;

constexpr proto::Instant kLinkProvenAfter = 10s;  // a link that has lived this long did not die at birth

}  // namespace

LinkProcess::LinkProcess(const Origin& origin, proto::Waiter& waiter, spdlog::logger& log)
    : origin_{origin}, waiter_{waiter}, log_{log} {}

bool LinkProcess::start(proto::Instant now) {
  due_ = proto::kNever;
  std::optional<std::pair<Control, Control>> ends;
  pid_t pid = 0;
  try {
    ends.emplace(Control::make_pair());
    bell_.emplace();
    std::fflush(nullptr);
    log_.flush();
    pid = ::fork();
    if (pid < 0) throw std::system_error{errno, std::generic_category(), "fork of the link"};
  } catch (const std::system_error& error) {
    const proto::Instant pause = backoff_.failed();
    log_.error("the link cannot be started: {}; tried again in {} ms", error.what(), in_milliseconds(pause));
    due_ = now + pause;
    return false;
  }
  if (pid == 0) become_link(origin_, std::move(ends->second), *bell_, log_);
  pid_ = pid;
  started_at_ = now;
  control_ = std::make_unique<Control>(std::move(ends->first));
  waiter_.add(control_->fd(), kLinkTag);
  for (const std::int32_t child : std::exchange(untold_deaths_, {})) {
    ControlMessage message;
    message.facts.kind = ControlKind::gone;
    message.facts.pid = child;
    control_->send(std::move(message));
  }
  return true;
}

void LinkProcess::handle_death(proto::Instant now) {
  pid_ = 0;
  disconnect();
  if (now - started_at_ >= kLinkProvenAfter) backoff_.succeeded();
  due_ = now + backoff_.failed();
}

void LinkProcess::disconnect() {
  if (!control_) return;
  waiter_.remove(control_->fd());
  control_.reset();
}

void LinkProcess::kill() {
  if (pid_ != 0) ::kill(pid_, SIGKILL);
}

void LinkProcess::send(ControlMessage message) {
  if (control_) control_->send(std::move(message));
}

void LinkProcess::report_death(ControlMessage message) {
  if (control_)
    control_->send(std::move(message));
  else
    untold_deaths_.push_back(message.facts.pid);
}

std::optional<ControlMessage> LinkProcess::receive() {
  if (!control_) return std::nullopt;
  auto message = control_->receive();
  if (!message && control_->closed()) disconnect();  // the link is dying: until it is reaped, there is nothing to read
  return message;
}

void LinkProcess::flush() {
  if (control_) control_->flush();
}

}  // namespace forkmill::worker
