import "./transforms";
export * from "../../../index";
