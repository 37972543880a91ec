import Glibc

/// Ends the process as it stands, without the clean-up of its libraries.
///
/// OpenSSL and others take themselves down at `exit`, while threads that have used them still run or come to their own
/// end: that is a crash now and then (decision 25). The kernel closes what is open; what has to outlast the process was
/// written before, and nothing is kept back by stdio (`LineOutput`).
public func endProcess(_ code: Int32) -> Never { _exit(code) }
