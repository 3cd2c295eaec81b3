/**
 * Who caused an end: the application on this side, Sluice itself on this side (a deadline, a limit, a shutdown), the peer, or
 * the network between.
 */
export type Initiator = "application" | "engine" | "peer" | "network";
