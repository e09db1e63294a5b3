#include "broker/enrolment/book_thread.h"

#include <pthread.h>

#include <exception>
#include <stdexcept>
#include <utility>

#include "proto/os/signals_blocked.h"

namespace forkmill::broker {

using proto::Failure;

namespace {

constexpr milliseconds kRetry{1000};  // between two attempts to read a book that is not known

Failure unknown_outcome(const std::string& why) {
  return {Errc::disconnected, "the broker cannot say whether this was done, so do it again: " + why};
}

// A text that makes no sense is left for an operator to mend.
KeyBook parsed(const std::string& text, const std::string& source) {
  auto book = KeyBook::parse(text, source);
  if (!book.ok()) throw std::runtime_error{book.failure().text};
  return std::move(book).value();
}

}  // namespace

BookThread::BookThread(std::unique_ptr<BookStore> store, milliseconds poll) : store_{std::move(store)}, poll_{poll} {
  read();
  const proto::SignalsBlocked blocked;
  thread_ = std::thread{[this] { run(); }};
}

BookThread::~BookThread() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void BookThread::ask(BookChange change) {
  {
    const std::lock_guard lock{mutex_};
    changes_.push_back(std::move(change));
  }
  work_.notify_one();
}

void BookThread::reread() {
  {
    const std::lock_guard lock{mutex_};
    is_to_read_ = true;
  }
  work_.notify_one();
}

BookThread::News BookThread::take() {
  ready_.clear();
  const std::lock_guard lock{mutex_};
  announced_ = false;
  return std::exchange(news_, {});
}

void BookThread::run() {
  pthread_setname_np(pthread_self(), "key book");
  for (std::deque<BookChange> changes; wait(changes); changes.clear()) {
    std::vector<Answer> answers;
    for (const BookChange& change : changes) answers.push_back(carry_out(change));
    if (changes.empty()) read();
    publish({.answers = std::move(answers)});
  }
}

bool BookThread::wait(std::deque<BookChange>& changes) {
  std::unique_lock lock{mutex_};
  const auto called = [this] { return stopping_ || is_to_read_ || !changes_.empty(); };
  const milliseconds pause = is_known_ || poll_.count() > 0 ? poll_ : kRetry;
  if (pause.count() == 0)
    work_.wait(lock, called);
  else
    work_.wait_for(lock, pause, called);
  changes = std::exchange(changes_, {});
  if (!changes.empty()) return true;
  is_to_read_ = false;
  return !stopping_;
}

BookThread::Answer BookThread::carry_out(const BookChange& change) {
  std::optional<proto::Result<std::vector<BookEntry>>> result;
  std::optional<KeyBook> book;
  try {
    store_->change([&](const std::string& text) -> std::optional<std::string> {
      book = parsed(text, store_->name());
      result = change.make(*book);
      if (result->ok()) return book->text();
      book.reset();
      return change.makes_failure_safe ? std::optional{text} : std::nullopt;
    });
  } catch (const std::exception& error) {
    Answer answer{change.ticket, unknown_outcome(error.what())};
    read();  // a key that was removed after all must not be accepted any longer
    return answer;
  }
  if (book) publish({.book = std::move(book), .is_safe = true});
  return {change.ticket, std::move(*result)};
}

void BookThread::read() {
  try {
    auto text = store_->read();
    if (text) publish({.book = parsed(*text, store_->name())});
    trouble_.clear();
    is_known_ = true;
  } catch (const std::exception& error) {
    is_known_ = false;
    if (std::exchange(trouble_, error.what()) != error.what()) publish({.trouble = error.what()});
  }
}

void BookThread::publish(News news) {
  const std::lock_guard lock{mutex_};
  if (!news.book && news.answers.empty() && news.trouble.empty()) return;
  if (news.book) {
    news_.book = std::move(news.book);
    news_.is_safe = news.is_safe;
  }
  for (Answer& answer : news.answers) news_.answers.push_back(std::move(answer));
  if (!news.trouble.empty()) news_.trouble = std::move(news.trouble);
  if (announced_.load()) return;
  ready_.signal();
  announced_ = true;  // after the signal, which take() clears
}

}  // namespace forkmill::broker
