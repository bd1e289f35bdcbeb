/// Everything in Lockstep that reads bytes which somebody else made, each as a function of one input.
///
/// The fuzzer (`Tests/Fuzz/fuzz.sh`) and the tests (`HostileInputTests`) run the same functions.
enum Decoder: String, CaseIterable, Sendable {
    /// A control frame of a worker.
    case workerFrame = "worker-frame"
    /// A control frame of the coordinator.
    case coordinatorFrame = "coordinator-frame"
    /// Requests of the data connection, for clips and states, and pieces of uploaded states.
    case dataRequest = "data-request"
    case dataReply = "data-reply"
    /// What travels before the bytes of a gradient chunk.
    case chunkEnvelope = "chunk-envelope"
    /// Envelopes and bytes as a reduction under way takes them.
    case reduction
    /// Messages of workers, and what else happens to a coordinator, in its state machine.
    case coordinatorMachine = "coordinator-machine"
    /// Messages of a coordinator in a worker's state machine.
    case workerMachine = "worker-machine"
    /// A clip as it travels, of either layout, with what a view makes of it.
    case clip
    /// A journal's file.
    case journal
    /// A journal's records, past its checksums: history and audit.
    case journalRecords = "journal-records"
    case safetensors
    /// A checkpoint's manifest, past its hash.
    case manifest
    /// What a run remembers of its clips.
    case datasetRecord = "dataset-record"
    /// An HDF5 file of clips.
    case dataset
    case configuration
    /// A `--set` argument.
    case override
    /// What a stranger with a join token says, and what it hears.
    case enrolment
    case joinToken = "join-token"
    /// The records of tokens and keys that are let in.
    case accessList = "access-list"
    case hostsFile = "hosts-file"
    /// What proves who sent a chunk that is not encrypted.
    case chunkSeal = "chunk-seal"
    /// Pieces of states as they come from workers, one after another.
    case stateUpload = "state-upload"
    /// What a coordinator says to an operator who asks how the run is, and what is shown of it.
    case statusAnswer = "status-answer"
    /// A request for the web page, as our part of the server sees it.
    case pageRequest = "page-request"
    /// Whatever comes on a connection to the web page.
    case pageConnection = "page-connection"

    /// Takes an input, whatever it is.
    ///
    /// - Returns: What is wrong with what came of it; nil where it was read or refused as it should.
    func take(_ input: [UInt8]) -> String? {
        switch self {
        case .workerFrame: Self.workerFrame(input)
        case .coordinatorFrame: Self.coordinatorFrame(input)
        case .dataRequest: Self.dataRequest(input)
        case .dataReply: Self.dataReply(input)
        case .chunkEnvelope: Self.chunkEnvelope(input)
        case .reduction: Self.reduction(input)
        case .coordinatorMachine: Self.coordinatorMachine(input)
        case .workerMachine: Self.workerMachine(input)
        case .clip: Self.clip(input)
        case .journal: Self.journal(input)
        case .journalRecords: Self.journalRecords(input)
        case .safetensors: Self.safetensors(input)
        case .manifest: Self.manifest(input)
        case .datasetRecord: Self.datasetRecord(input)
        case .dataset: Self.dataset(input)
        case .configuration: Self.configuration(input)
        case .override: Self.override(input)
        case .enrolment: Self.enrolment(input)
        case .joinToken: Self.joinToken(input)
        case .accessList: Self.accessList(input)
        case .hostsFile: Self.hostsFile(input)
        case .chunkSeal: Self.chunkSeal(input)
        case .stateUpload: Self.stateUpload(input)
        case .statusAnswer: Self.statusAnswer(input)
        case .pageRequest: Self.pageRequest(input)
        case .pageConnection: Self.pageConnection(input)
        }
    }
}
