import TrainingProtocol

/// A worker process: the real machine, and hands that do sums in virtual time, one order after another.
struct SimulatedWorker {
    /// What comes after it, in the same place, has another life.
    var life = 0
    var machine: WorkerMachine
    var isAlive = true
    /// Stopped until then, as by SIGSTOP.
    var pausedUntil = Duration.zero
    /// How far its clock is ahead of the world's.
    var clock = Duration.zero
    /// A new number with every connection that breaks.
    var connection = 0
    /// How many times slower than the others it computes.
    var slowness = 1
    var cutFromCoordinator = false
    var cutToCoordinator = false

    // The hands.
    var orders: [WorkerDirective] = []
    /// Rises with every order that begins, so that what an ended one planned is dropped.
    var turn = 0
    var isBusy = false
    /// What they do, they never finish.
    var hangs = false
    /// The states that it sends never come.
    var sendsNoState = false
    var oldest = Generation(0)
    var term = Term(0)
    var members: [Member] = []
    var state: (step: Step, value: UInt64)?
    var sumsStep: Step?
    var sums: [Int: UInt64] = [:]
    /// A result of a generation that was not wanted any more.
    var parked: (step: Step, slot: Int, value: UInt64)?
    var spares: [Int: UInt64] = [:]
    var reduced: (step: Step, value: UInt64)?
    /// Sums that came from other members, also early ones.
    var inbox: [SumsMessage] = []

    init(machine: WorkerMachine) { self.machine = machine }

    func wants(_ generation: Generation) -> Bool { generation >= oldest }
}

/// The subtree sums of one member, on their way to another.
struct SumsMessage {
    let term: Term
    let generation: Generation
    let step: Step
    let sender: WorkerID
    let sums: [(slot: Int, value: UInt64)]
}
