import SwiftProtobuf
import TrainingProtocol

// The protocol's values in the generated types and back.

extension Lockstep_Stamp {
    init<Body>(_ message: Stamped<Body>) {
        self.init()
        run = message.run.rawValue
        term = message.term.rawValue
        generation = message.generation.rawValue
        step = message.step.rawValue
    }

    /// - Throws: `WireError` for numbers that no run comes to: counting on from them would overflow.
    func stamped<Body>(_ body: Body) throws(WireError) -> Stamped<Body> {
        Stamped(
            run: RunID(run), term: Term(UInt32(try index(UInt64(term), "a term"))),
            generation: Generation(try index(generation, "a generation")),
            step: Step(try index(step, "a step")), body: body)
    }
}

extension Lockstep_Digest {
    init(_ digest: Digest) {
        self.init()
        high = digest.high
        low = digest.low
    }

    var value: Digest { Digest(high: high, low: low) }
}

extension Lockstep_SlotOutcome {
    init(_ outcome: SlotOutcome) {
        self.init()
        slot = UInt32(outcome.slot.rawValue)
        samples = UInt32(outcome.samples)
        lossSum = outcome.lossSum
        correct = UInt32(outcome.correct)
    }

    var value: SlotOutcome {
        SlotOutcome(
            slot: Slot(Int(slot)), samples: Int(samples), lossSum: lossSum, correct: Int(correct))
    }
}

extension Lockstep_BlockOutcome {
    init(_ outcome: BlockOutcome) {
        self.init()
        block = UInt32(outcome.block)
        samples = UInt32(outcome.samples)
        lossSum = outcome.lossSum
        top1 = UInt32(outcome.top1)
        top5 = UInt32(outcome.top5)
    }

    var value: BlockOutcome {
        BlockOutcome(
            block: Int(block), samples: Int(samples), lossSum: lossSum, top1: Int(top1),
            top5: Int(top5))
    }
}

extension Lockstep_PhaseTimes {
    init(_ times: PhaseTimes) {
        self.init()
        waitingForClips = times.waitingForClips.wireNanoseconds
        computing = times.computing.wireNanoseconds
        reducing = times.reducing.wireNanoseconds
        updating = times.updating.wireNanoseconds
    }

    var value: PhaseTimes {
        let duration = { (nanoseconds: UInt64) in
            Duration.nanoseconds(Int64(clamping: nanoseconds))
        }
        return PhaseTimes(
            waitingForClips: duration(waitingForClips), computing: duration(computing),
            reducing: duration(reducing), updating: duration(updating))
    }
}

extension Duration {
    var wireNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(0, seconds)) * 1_000_000_000
            + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}

extension Lockstep_Hello {
    init(_ hello: Hello) {
        self.init()
        `protocol` = hello.protocolVersion
        profile = Lockstep_NumericsProfile.with {
            $0.name = hello.profile.map(\.name)
            $0.value = hello.profile.map(\.value)
        }
        host = hello.host
        process = hello.process
        threads = UInt32(clamping: hello.threads)
        launchToken = hello.launchToken
        attempt = hello.attempt
        worker = hello.worker?.rawValue ?? 0
    }

    func value() throws(WireError) -> Hello {
        guard profile.name.count == profile.value.count else {
            throw .malformed("a numerics profile of unpaired names and values")
        }
        guard profile.name.count <= TextLimit.entries else {
            throw .malformed("a numerics profile of \(profile.name.count) entries")
        }
        var entries: [ProfileEntry] = []
        for (name, value) in zip(profile.name, profile.value) {
            entries.append(
                ProfileEntry(
                    name: try Wire.name(name, "a profile's name"),
                    value: try Wire.name(value, "a profile's value")))
        }
        return Hello(
            protocolVersion: `protocol`, profile: entries,
            host: try name(host, "a host's name"), process: process,
            threads: Int(threads),
            launchToken: try name(launchToken, "a launch token"),
            attempt: attempt, worker: worker == 0 ? nil : WorkerID(worker))
    }
}

extension Lockstep_Welcome {
    init(_ id: WorkerID, _ introduction: Introduction) {
        self.init()
        worker = id.rawValue
        config = introduction.configuration
        dataAddress = introduction.dataAddress
        workerTimeout = introduction.deadlines.worker.wireNanoseconds
        dataset = Lockstep_DatasetSummary.with {
            $0.digest = Lockstep_Digest(introduction.dataset.digest)
            $0.classNames = introduction.dataset.classNames
            $0.splits = introduction.dataset.splits.map { split in
                Lockstep_SplitSummary.with {
                    $0.name = split.name
                    $0.samples = UInt64(split.samples)
                    $0.frames = UInt32(split.frames)
                    $0.height = UInt32(split.height)
                    $0.width = UInt32(split.width)
                }
            }
        }
    }

    func introduction() throws(WireError) -> Introduction {
        var splits: [SplitSummary] = []
        for split in dataset.splits {
            splits.append(
                SplitSummary(
                    name: split.name, samples: try count(split.samples, "a split's samples"),
                    frames: Int(split.frames), height: Int(split.height), width: Int(split.width)))
        }
        return Introduction(
            configuration: config, dataAddress: dataAddress,
            dataset: DatasetSummary(
                digest: dataset.digest.value, classNames: dataset.classNames, splits: splits),
            deadlines: Deadlines(worker: try Self.timeout(workerTimeout)))
    }

    /// Every other time-out follows from this one: a worker must neither spin nor wait for ever.
    private static func timeout(_ nanoseconds: UInt64) throws(WireError) -> Duration {
        let sensible = 1_000_000...UInt64(24 * 3600) * 1_000_000_000
        guard sensible.contains(nanoseconds) else {
            throw .malformed("a time-out of \(nanoseconds) ns")
        }
        return .nanoseconds(Int64(nanoseconds))
    }
}
