/** Registers the gradients of all operations of tfjs-core; scripts/finish-build makes it. */
declare module '#coreGradients' {}
